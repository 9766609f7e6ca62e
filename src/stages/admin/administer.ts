import { type Approval, approved, open } from '../../admin/approvals.ts';
import { bodyOf } from '../../admin/bodies.ts';
import { type RecordsQuery, recordsQuery } from '../../admin/query.ts';
import { Denial } from '../../core/denial.ts';
import type { SharedDocument } from '../../core/document/document.ts';
import type { Administered, Entered, OperationName } from '../../core/exchange.ts';
import type { Io, Stage } from '../../core/pipeline.ts';
import { type Frame, jsonReply, type Reply } from '../../core/reply.ts';
import { type Lockdown, switched } from '../../lockdown/lockdown.ts';
import { CATALOGUES, passable } from '../../upstream/catalogue/catalogue.ts';
import { type Approving, circumstances, partyOf } from './approve.ts';
import { changed, reliable } from './changed.ts';
import { getKey, issueKey, type KeysAdministration, listKeys, revokeKey, rotateKey } from './keys.ts';
import type { Administrable } from './permit.ts';

export interface Administration extends KeysAdministration, Approving {
  readonly lockdown: SharedDocument<Lockdown>;
  readonly upstreams: readonly Administrable[];
  /** Lines of the audit log byte for byte, without newlines, oldest first. */
  readonly records: (query: RecordsQuery) => AsyncIterable<string>;
}

/** Does what was asked. What goes to a model server has no reply: that one answers. */
export const administer = (d: Administration): Stage<Entered, Administered> => ({
  name: 'administer',
  run: async (x, io) => (x.operation.name === 'upstream' ? x : done(x, await OPERATIONS[x.operation.name](x, d, io))),
});

/** What an operation answers, and what it turned out to be about. */
interface Outcome extends Partial<Pick<Entered, 'subject' | 'approval'>> {
  readonly reply: Reply;
}
const done = (x: Entered, outcome: Outcome): Administered => ({ ...x, ...outcome });

type Operate = (x: Entered, d: Administration, io: Io) => Promise<Outcome>;

const ok = (value: unknown): Outcome => ({ reply: jsonReply(200, value) });
const idIn = (x: Entered): string => x.operation.parameters['id']!;

const OPERATIONS: Readonly<Record<Exclude<OperationName, 'upstream'>, Operate>> = {
  'keys.list': async (_, d) => ok(listKeys(d)),
  'keys.get': async (x, d) => ok(getKey(idIn(x), d)),
  'keys.issue': async (x, d, io) => {
    const key = await issueKey(x, d, io);
    return { reply: jsonReply(201, key), subject: key.id };
  },
  'keys.rotate': async (x, d, io) => ({ reply: jsonReply(201, await rotateKey(x, d, io)) }),
  'keys.revoke': async (x, d, io) => ok(await revokeKey(x, d, io)),
  'lockdown.get': async (_, d) => ok(reliable(d.lockdown)),
  'lockdown.set': async (x, d, io) => ok(await setLockdown(x, d.lockdown, io)),
  'audit.records': async (x, d, io) => ({ reply: await ndjson(d.records(recordsQuery(x.operation.parameters)), io) }),
  'approvals.list': async (_, d) => ok({ approvals: open(d.approvals ? reliable(d.approvals) : [], new Date()) }),
  'approvals.approve': async (x, d, io) => {
    const approval = await approveRequest(x, d, io);
    const { id, upstream, route, subject } = approval;
    return { ...ok(approval), approval: id, subject: `${upstream} ${route} ${subject ?? ''}`.trimEnd() };
  },
  'upstreams.list': async (_, d) => ok({ upstreams: d.upstreams.map(described) }),
};

function setLockdown(x: Entered, lockdown: SharedDocument<Lockdown>, { signal }: Io): Promise<Lockdown> {
  const { on, reason = on ? 'no reason was given' : 'it is over' } = bodyOf('lockdown.set', x.fields);
  const by = `${x.operator.kind} ${x.operator.id}`;
  const turn = (before: Lockdown): [Lockdown, Lockdown] => {
    // Once: what is answered is what was stored, to the millisecond.
    const after = switched(before, { on, by, reason }, new Date());
    return [after, after];
  };
  return changed(lockdown, turn, signal);
}

function approveRequest(x: Entered, d: Approving, { signal }: Io): Promise<Approval> {
  const { approvals } = d;
  if (!approvals) throw new Denial('conflict', { detail: 'Nothing needs an approval here (admin.approvals).' });
  return changed(
    approvals,
    (all) => {
      const answer = approved(all, idIn(x), partyOf(x), circumstances(d));
      return [answer.approvals, answer.approval];
    },
    signal,
  );
}

const described = ({ name, kind, healthy }: Administrable) => ({
  name,
  kind,
  healthy,
  routes: CATALOGUES[kind].routes
    .filter(passable)
    .map(({ method, path, tag, destructive, about }) => ({ method, path, tag, destructive, about })),
});

/** Lines as an answer. The first is awaited: what fails before it is refused with a status. */
async function ndjson(lines: AsyncIterable<string>, io: Io): Promise<Reply> {
  const rest = lines[Symbol.asyncIterator]();
  // Also where nobody ever reads the answer: a file may be open behind it.
  io.hold({ settle: async () => void (await rest.return?.()) });
  const first = await rest.next();
  return { status: 200, headers: { 'content-type': 'application/x-ndjson' }, body: frames(first, rest) };
}

async function* frames(first: IteratorResult<string>, rest: AsyncIterator<string>): AsyncGenerator<Frame> {
  // Nothing found is an answer too, and its head goes with the first frame.
  if (first.done) yield { bytes: Buffer.alloc(0) };
  for (let line = first; !line.done; line = await rest.next()) yield { bytes: Buffer.from(`${line.value}\n`) };
}
