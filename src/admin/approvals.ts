/**
 * Two people for what cannot be put back. Whoever asks for it first is refused, and the request is noted here; another
 * operator approves it; then the same request, sent again by the same operator, is let through once.
 *
 *   asked ──approve (another)──► approved ──ask again (the same)──► used up, and gone
 *     └── void after a while ──────┘
 */
import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { Denial } from '../core/denial.ts';
import type { DocumentFormat } from '../core/document/document.ts';
import { Fault } from '../core/fault.ts';

/** More than a team has open at once. Each one is a place that somebody could fill. */
const MOST_OF_ONE = 10;
const MOST = 100;

const text = z.string().min(1).max(16_384);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'use a SHA-256 in hex');
const time = z.iso.datetime();

const party = z.strictObject({
  kind: z.enum(['key', 'person']),
  id: text,
  /** Name and hash of the client certificate. */
  client: text,
  certSha256: sha256,
});
/** Who asks or approves: an operator, with the certificate that it came with. */
export type Party = Readonly<z.infer<typeof party>>;

const asked = z.strictObject({
  upstream: text,
  method: text,
  target: text,
  route: text,
  /** Names in the body, so that whoever approves sees what it is about. */
  subject: text.nullable(),
  /** Of the body; null where there is none. */
  bodySha256: sha256.nullable(),
});
/** What is asked for. An approval is good for this, byte for byte. */
export type Asked = Readonly<z.infer<typeof asked>>;

const approval = asked.extend({
  id: z.string().regex(/^[0-9a-z]{10}$/),
  requester: party,
  requestedAt: time,
  /** When the request, or the approval once there is one, is void. */
  expiresAt: time,
  approver: party.nullable(),
});
export type Approval = Readonly<z.infer<typeof approval>>;
export type Approvals = readonly Approval[];

const document = z.strictObject({ version: z.literal(1), approvals: z.array(approval) });

export const approvalsFormat: DocumentFormat<Approvals> = {
  name: 'approvals',
  what: 'the approvals',
  missing: null,
  empty: [],
  parse(text, place) {
    try {
      return document.parse(JSON.parse(text)).approvals;
    } catch {
      // Without the cause: it quotes the text.
      throw new Fault(
        'approvals_invalid',
        `The approvals in ${place} cannot be read. Delete them: whoever waits for one asks again.`,
      );
    }
  },
  print: (approvals) => `${JSON.stringify({ version: 1, approvals }, null, 2)}\n`,
};

interface Circumstances {
  readonly now: Date;
  /** How long a request waits, and how long an approval is good, in milliseconds. */
  readonly lifeMs: number;
  /** Whether an approver could still approve: an approval by one who cannot is none. */
  readonly stands: (approver: Party) => boolean;
}

/** Those that are not void. */
export const open = (approvals: Approvals, now: Date): Approvals =>
  approvals.filter(({ expiresAt }) => Date.parse(expiresAt) > now.getTime());

/**
 * Uses up the approval of a request if there is one; otherwise the request waits for it, once however often it is sent.
 * @returns the approvals as they are then; the one that was used up, or else the one that waits
 * @throws Denial `conflict` if too many wait
 */
export function usedOrAsked(
  approvals: Approvals,
  what: Asked,
  requester: Party,
  { now, lifeMs, stands }: Circumstances,
): { readonly approvals: Approvals; readonly isUsed: boolean; readonly id: string } {
  const all = openAndStanding(approvals, now, stands);
  const known = all.find((one) => isSame(one, what) && isSameParty(one.requester, requester));
  if (known?.approver) return { approvals: all.filter((one) => one !== known), isUsed: true, id: known.id };
  if (known) return { approvals: all, isUsed: false, id: known.id };
  if (all.length >= MOST || all.filter((one) => !isAnother(one.requester, requester)).length >= MOST_OF_ONE) {
    throw new Denial('conflict', { detail: 'Too many requests wait for an approval. Have some approved, or wait.' });
  }
  const id = Array.from({ length: 10 }, () => randomInt(36).toString(36)).join('');
  const added: Approval = {
    ...what,
    id,
    requester,
    requestedAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + lifeMs).toISOString(),
    approver: null,
  };
  return { approvals: [...all, added], isUsed: false, id };
}

/**
 * Approves what waits; doing so twice changes nothing.
 * @throws Denial `conflict` if nothing waits by this id, or somebody else has approved it; `role_not_allowed` if the
 * approver is whoever asked
 */
export function approved(
  approvals: Approvals,
  id: string,
  approver: Party,
  { now, lifeMs, stands }: Circumstances,
): { readonly approvals: Approvals; readonly approval: Approval } {
  const all = openAndStanding(approvals, now, stands);
  const known = all.find((one) => one.id === id);
  if (!known) throw new Denial('conflict', { detail: 'No request waits by this id: it is void, or used up.' });
  if (!isAnother(known.requester, approver)) {
    throw new Denial('role_not_allowed', {
      detail: 'Somebody else has to approve it, with a certificate of their own.',
    });
  }
  if (known.approver) {
    if (isSameParty(known.approver, approver)) return { approvals: all, approval: known };
    throw new Denial('conflict', { detail: 'It is approved already.' });
  }
  const expiresAt = new Date(now.getTime() + lifeMs).toISOString();
  const approval = { ...known, approver, expiresAt };
  return { approvals: all.map((one) => (one === known ? approval : one)), approval };
}

const openAndStanding = (approvals: Approvals, now: Date, stands: Circumstances['stands']): Approvals =>
  open(approvals, now).map((one) => (one.approver && !stands(one.approver) ? { ...one, approver: null } : one));

/** Field by field: a text made of all of them could be read in two ways. */
const isSame = (one: Asked, other: Asked): boolean =>
  one.upstream === other.upstream &&
  one.method === other.method &&
  one.target === other.target &&
  one.bodySha256 === other.bodySha256;

const isSameParty = (one: Party, other: Party): boolean =>
  one.kind === other.kind && one.id === other.id && one.certSha256 === other.certSha256;

/**
 * Whether two are two people: operator, certificate and the name in it all differ. One who has a key and a token still
 * has one certificate; a renewed certificate still has the name; and names that only look different are one.
 */
const isAnother = (one: Party, other: Party): boolean =>
  folded(one.id) !== folded(other.id) &&
  one.certSha256 !== other.certSha256 &&
  folded(one.client) !== folded(other.client);

const folded = (name: string): string => name.normalize('NFKC').trim().toUpperCase().toLowerCase();
