import { createHash } from 'node:crypto';
import { type Approvals, type Asked, type Party, usedOrAsked } from '../../admin/approvals.ts';
import { Denial } from '../../core/denial.ts';
import type { SharedDocument } from '../../core/document/document.ts';
import type { Passage, Understood } from '../../core/exchange.ts';
import type { Stage } from '../../core/pipeline.ts';
import { type KeyRules, type KeyTable, stateOf } from '../../keys/record.ts';
import { changed } from './changed.ts';
import type { Read } from './understand.ts';

export interface Approving {
  /** Null: nothing needs an approval. */
  readonly approvals: SharedDocument<Approvals> | null;
  readonly approvalMs: number;
  readonly keys: SharedDocument<KeyTable>;
  readonly keyRules: KeyRules;
}

/** What destroys something on a model server needs a second person, where the settings say so. */
export const approve = ({ approvals, approvalMs, keys, keyRules }: Approving): Stage<Read, Understood> => ({
  name: 'approve',
  run: async (x, { signal }) => {
    if (!approvals || !x.passage?.destructive) return { ...x, approval: null };
    if (x.passage.body === 'stream') {
      throw new Denial('role_not_allowed', {
        detail: 'Nobody can approve a body that is not held: do it on the model server.',
      });
    }
    const what = asked(x, x.passage);
    const { id, isUsed } = await changed(
      approvals,
      (all) => {
        const answer = usedOrAsked(all, what, partyOf(x), circumstances({ approvalMs, keys, keyRules }));
        return [answer.approvals, answer];
      },
      signal,
    );
    if (!isUsed) throw new Denial('approval_required', { detail: `It waits as ${id}.`, reason: id });
    return { ...x, approval: id };
  },
});

/** Of an approval that is asked for, or given. */
export const circumstances = ({ approvalMs, keys, keyRules }: Pick<Approving, 'approvalMs' | 'keys' | 'keyRules'>) => ({
  now: new Date(),
  lifeMs: approvalMs,
  stands: (approver: Party) => isGood(approver, keys.current(), keyRules),
});

/** Whether an approver could still approve, as far as it is known here: of a person with a token nothing more is. */
function isGood({ kind, id }: Party, keys: KeyTable, { maxTtlMs }: KeyRules): boolean {
  if (kind === 'person') return true;
  const record = keys.get(id);
  return record?.role === 'model-admin' && ['active', 'replaced'].includes(stateOf(record, new Date(), maxTtlMs));
}

const asked = (x: Read, { upstream, target, route }: Passage): Asked => ({
  upstream,
  method: x.method,
  target,
  route,
  subject: x.subject,
  bodySha256: x.payload && createHash('sha256').update(x.payload).digest('hex'),
});

/** Whom an approval is bound to. */
export const partyOf = ({ operator, client }: Pick<Read, 'operator' | 'client'>): Party => ({
  kind: operator.kind,
  id: operator.id,
  client: client.name,
  certSha256: client.certSha256,
});
