/**
 * The exchange: one request on its way through the gateway, and the ladder it climbs.
 *
 *   Arrived → Identified → Authenticated → Authorized → Metered → Read → Screened → Reserved → Admitted → Forwarded → Answered
 *             certificate  key ↔ cert      role, route  requests  strict  guards in   tokens,    audit      model       guards
 *                                                       a minute  JSON                leases     intent     server      out
 *
 * A stage (core/pipeline.ts) takes an exchange on one rung and returns it on the next, so a stage that needs a key
 * cannot stand before the one that finds it: it does not compile (test/types). Rungs only ever add; the one field that
 * a later rung may replace is `request`, when a guard redacts it (in administration `subject`, when the deed has shown what
 * it was about).
 *
 * An exchange holds what the client sent. It lives as long as the request does and is never stored:
 * `audit/record.ts` is the only way from here to the disk.
 *
 * Administration has a ladder of its own, with the same first rungs:
 *
 *   Arrived → Identified → Recognised → Permitted → Understood → Entered → Administered
 *             certificate  key or token  role, route  body,       audit     done, or passed
 *                          ↔ cert                     approval    intent    to the model server
 */
import type { Json } from './json.ts';
import type { Guardrails, Limits } from './policy.ts';
import type { Finding, Reply } from './reply.ts';

/** What the wire says, before anyone has believed a word of it. */
export interface Arrived {
  /** Made here, never taken from the client. */
  readonly id: string;
  readonly arrivedAt: Date;
  /** `performance.now()` at arrival: latencies are measured from here. */
  readonly startMs: number;
  /** `1.1` or whatever the request line said. */
  readonly httpVersion: string;
  readonly method: string;
  /** The request target byte for byte: not decoded, not normalised (RFC 9112 §3.2). */
  readonly target: string;
  /** Names in lower case, in order, duplicates kept. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  /** Address of the peer. */
  readonly remote: string;
  /** DER of the certificate that the TLS handshake verified; null if there was none. */
  readonly certificate: Uint8Array | null;
}

/** Who holds the private key at the other end. */
export interface ClientIdentity {
  /** URI SAN, else DNS SAN, else CN. */
  readonly name: string;
  readonly kind: 'uri' | 'dns' | 'cn';
  /** SHA-256 of the certificate, hex. */
  readonly certSha256: string;
}
export interface Identified extends Arrived {
  readonly client: ClientIdentity;
}

export const ROLES = ['inference', 'model-admin', 'key-admin', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

/** What an API key is allowed, with the gateway's defaults filled in. Nothing here is secret. */
export interface Principal {
  readonly id: string;
  readonly team: string;
  readonly app: string;
  readonly env: string;
  readonly role: Role;
  /** Model names; `*` stands for any run of characters. */
  readonly models: readonly string[];
  readonly limits: Limits;
  readonly guardrails: Guardrails;
}
export interface Authenticated extends Identified {
  readonly key: Principal;
}

export const ENDPOINT_NAMES = ['chat.completions', 'completions', 'embeddings', 'models.list', 'models.get'] as const;
export type EndpointName = (typeof ENDPOINT_NAMES)[number];

export interface Authorized extends Authenticated {
  readonly endpoint: EndpointName;
}

/** Where one limit stands after this request, for the `x-ratelimit-*` headers. Times in milliseconds. */
export interface Allowance {
  readonly limit: number;
  readonly remaining: number;
  readonly windowMs: number;
  readonly resetMs: number;
}
export interface Metered extends Authorized {
  readonly requestsLeft: Allowance;
}

export interface Read extends Metered {
  /** The parsed, validated body: what is scanned and, serialised again, what is sent. Null for a GET. */
  readonly request: { readonly [field: string]: Json } | null;
  /** The model asked for; null where the endpoint has none. */
  readonly model: string | null;
  /** How many choices were asked for. */
  readonly choices: number;
  /** The most tokens that the answer can have, over all choices. */
  readonly mostOutputTokens: number;
  readonly stream: boolean;
  /** Whether the client asked to see the usage of a stream. The gateway always asks for it, and hides it if not. */
  readonly usageAsked: boolean;
  /** Whether the client asked for events that are filled up. */
  readonly paddingAsked: boolean;
  /** HMAC-SHA-256 of the prompt as it came, hex; null where there is no prompt. */
  readonly promptHash: string | null;
  /** Which secret that HMAC was made with; null with it. */
  readonly promptHashKeyId: string | null;
}

export interface Screened extends Read {
  readonly findings: readonly Finding[];
  /** What personal data is called while the model has it, to be put back in the answer; null where there is none. */
  readonly pseudonyms: Pseudonyms | null;
  /** Hashes of the instructions that an answer should not repeat; null where nothing is looked for. */
  readonly guarded: ReadonlySet<number> | null;
}

/** Names that stand for values of this exchange. */
export interface Pseudonyms {
  /** The name of a value, made of the label that would stand in its place otherwise. */
  nameFor(label: string, value: string): string;
  /** The value; the name itself, if it stands for none. */
  valueOf(name: string): string;
  /** The text with names in the place of values again: for what is written down. */
  hide(text: string): string;
}

export interface Reserved extends Screened {
  /** What the prompt is charged until the model server has counted it. */
  readonly estimatedInputTokens: number;
  readonly tokensLeft: Allowance | null;
  /** The model server that was chosen, and has a place free; null where all of them are asked. */
  readonly upstream: string | null;
}

export interface Admitted extends Reserved {
  /** `seq` of the intent in the audit log: it is on disk. */
  readonly intentSeq: number;
}

/** What the model server sends back, unread. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: AsyncIterable<Uint8Array>;
}
export interface Forwarded extends Admitted {
  readonly answer: UpstreamAnswer;
}

export interface Answered extends Forwarded {
  readonly reply: Reply;
}

/** Who administrates: a program with an API key, or a person with an access token. */
export interface Operator {
  readonly kind: 'key' | 'person';
  /** The id of the key; of a person what the issuer of the token calls it (`sub`). */
  readonly id: string;
  /** One for a key; for a person those that the claims of the token stand for. */
  readonly roles: readonly Role[];
  /** Whose key it is; null for a person. */
  readonly team: string | null;
  readonly app: string | null;
  readonly env: string | null;
}
export interface Recognised extends Identified {
  readonly operator: Operator;
}

export const OPERATION_NAMES = [
  'keys.list',
  'keys.get',
  'keys.issue',
  'keys.rotate',
  'keys.revoke',
  'lockdown.get',
  'lockdown.set',
  'audit.records',
  'approvals.list',
  'approvals.approve',
  'upstreams.list',
  'upstream',
] as const;
export type OperationName = (typeof OPERATION_NAMES)[number];

/** What an operator wants done: a row of the table of routes (admin/routes.ts), with what the target says. */
export interface Operation {
  readonly name: OperationName;
  /** Parts of the path, such as `id`, and parameters of the query; checked. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** A request that goes to a model server as it is. */
export interface Passage {
  /** The model server, by its name in the configuration. */
  readonly upstream: string;
  /** The row of the catalogue, as in `DELETE /api/delete`. */
  readonly route: string;
  /** The request target there, byte for byte as the operator wrote it. */
  readonly target: string;
  /** How its body travels: `json` is read first, so that the record can say what it is about; `stream` is not held. */
  readonly body: 'none' | 'json' | 'stream';
  /** Whether it takes something away that cannot be put back. */
  readonly destructive: boolean;
}
export interface Permitted extends Recognised {
  readonly operation: Operation;
  /** Null for what the gateway does itself. */
  readonly passage: Passage | null;
}

export interface Understood extends Permitted {
  /** The body byte for byte; null where there is none, or where it is not held. */
  readonly payload: Buffer | null;
  /** The same, parsed and checked, for what the gateway does itself; empty where there is no body. */
  readonly fields: { readonly [field: string]: Json };
  /** What it is about, for the record: the id of a key, the names of models; null if nothing is named. */
  readonly subject: string | null;
  /** The approval that is used up by this, by its id; null where none is needed. */
  readonly approval: string | null;
}

export interface Entered extends Understood {
  /** `seq` of the intent in the audit log: it is on disk. */
  readonly intentSeq: number;
}

export interface Administered extends Entered {
  /** Missing where a model server answers (`passage`). */
  readonly reply?: Reply;
}

/** An exchange as far as it got: what the audit record is made from. */
export type Reached = Arrived &
  Partial<Omit<Answered, keyof Arrived>> &
  Partial<Omit<Administered, keyof Identified | 'intentSeq' | 'reply'>>;

/** How an exchange ended. */
export const ENDINGS = [
  'complete',
  'blocked',
  'truncated',
  'client_left',
  'upstream_broke',
  'timed_out',
  'revoked',
  'drained',
] as const;
export type Ending = (typeof ENDINGS)[number];
