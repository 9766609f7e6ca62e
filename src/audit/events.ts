/**
 * What the records say: every event with its own fields, described. The types that the gateway writes by and the JSON
 * Schema that readers check by (`sallyport audit schema`) both come from this table.
 */
import { z } from 'zod';
import { ENDINGS, ENDPOINT_NAMES, OPERATION_NAMES, ROLES } from '../core/exchange.ts';
import { KINDS } from '../core/policy.ts';
import { FORMAT_VERSION, HASH } from './format/chain.ts';

const sha256 = z.string().regex(HASH);
const signingKeyId = z.string().regex(/^[0-9a-f]{16}$/);
const text = z.string();
const count = z.int().min(0);
const time = z.iso.datetime().describe('RFC 3339, UTC');
const orNull = <Type extends z.ZodType>(type: Type, about: string) => type.nullable().describe(about);

/** Whose key it is. */
const key = {
  keyId: text.describe('The API key, by its id'),
  team: text.describe('Whose key it is'),
  app: text.describe('What the key was issued for'),
  env: text.describe('The environment that the key was issued for'),
};

/** Who is behind a request, as far as that is known. */
const source = {
  keyId: orNull(text, 'The API key, by its id'),
  team: orNull(text, 'Whose key it is'),
  app: orNull(text, 'What the key was issued for'),
  env: orNull(text, 'The environment that the key was issued for'),
  client: orNull(text, 'The name in the client certificate; null where no listed CA has issued it'),
  clientCertSha256: orNull(sha256, 'SHA-256 of the client certificate (DER), also of one that was refused'),
  remote: orNull(text, 'Address of the peer'),
};

const finding = z.object({
  rule: text.describe('Name of the rule'),
  kind: z.enum([...KINDS, 'guard']),
  action: z.enum(['block', 'redact', 'pseudonymise', 'flag']).describe('What was done about it'),
  direction: z.enum(['input', 'output']),
  channel: text.describe('Where: the path of the text in the request or answer'),
  span: z
    .tuple([count, count])
    .readonly()
    .nullable()
    .describe('From and to, in UTF-16 code units of that text; never the text'),
});

const request = {
  requestId: text.describe('Made by the gateway, also sent to the client as x-request-id'),
  ...source,
  endpoint: orNull(z.enum(ENDPOINT_NAMES), 'What was asked for'),
  model: orNull(text, 'The model that was asked for, once it has been accepted'),
  modelDigest: orNull(text, 'Digest of its weights'),
  upstream: orNull(text, 'The model server, by its name'),
  stream: orNull(z.boolean(), 'Whether a stream was asked for'),
  promptHash: orNull(sha256, 'HMAC-SHA-256 of the prompt as canonical JSON'),
  promptHashKeyId: orNull(z.string().regex(/^[0-9a-f]{8}$/), 'Which secret made it'),
};
const findings = {
  findings: z.array(finding).describe('What the guards found, the first 100'),
  findingsOmitted: count.exactOptional().describe('How many more there were'),
};

const outcome = {
  ...request,
  inputTokens: orNull(count, 'Tokens read'),
  outputTokens: orNull(count, 'Tokens written'),
  tokenSource: orNull(z.enum(['upstream', 'estimate']), 'Who counted them'),
  responseStatus: orNull(z.int(), 'HTTP status; null if the client had gone before an answer began'),
  denial: orNull(text, 'Code of the refusal, see docs/errors.md'),
  reason: text.exactOptional().describe('Why a certificate or a key was refused'),
  ...findings,
  latencyMs: count.describe('Milliseconds from arrival to the end'),
  firstByteMs: orNull(count, 'Milliseconds from arrival to the first byte of the answer'),
  redactedOutput: orNull(text, 'The beginning of the answer after the guards'),
  ending: z.enum(ENDINGS).describe('How the exchange ended'),
};

const administration = {
  requestId: text.describe('Made by the gateway, also sent to the client as x-request-id'),
  ...source,
  person: orNull(text, 'What the issuer of the access token calls the person; null for a program with a key'),
  operation: orNull(z.enum(OPERATION_NAMES), 'What was asked for'),
  upstream: orNull(text, 'The model server, by its name'),
  route: orNull(text, 'The route of the model server, as in the catalogue'),
  subject: orNull(text, 'What it is about: a key by its id, models by their names'),
  bodySha256: orNull(sha256, 'SHA-256 of the body, where it was read before it was passed on'),
  approval: orNull(text, 'The approval that it needed, by its id'),
};
const administered = {
  ...administration,
  responseStatus: orNull(z.int(), 'HTTP status; null if the client had gone before an answer began'),
  denial: orNull(text, 'Code of the refusal, see docs/errors.md'),
  reason: text
    .exactOptional()
    .describe('Why a certificate, key or token was refused; or the approval that is waited for, by its id'),
  receivedBytes: count.describe('Bytes of the body that came'),
  sentBytes: count.describe('Bytes of the answer that went'),
  latencyMs: count.describe('Milliseconds from arrival to the end'),
  ending: z.enum(ENDINGS).describe('How the exchange ended'),
};

const lockdown = {
  reason: text.describe('Why, in the words of whoever did it'),
  by: text.describe('Who did it: a user of the command line, a key or a person'),
  since: time,
};

const keyState = {
  ...key,
  role: z.enum(ROLES),
  expiresAt: time,
};

const sizeOf = (about: string) => z.int().min(0).describe(about);

export const EVENTS = {
  'inference.admitted': { ...request, ...findings },
  'inference.completed': outcome,
  'inference.denied': outcome,
  'admin.admitted': administration,
  'admin.completed': {
    ...administered,
    done: z
      .boolean()
      .describe(
        'Whether it was done, or the model server has answered: also where the client was cut off and has not heard of it',
      ),
  },
  'admin.denied': administered,
  'lockdown.on': lockdown,
  'lockdown.off': lockdown,
  'handshake.refused': { remote: text, reason: text.describe('A code of OpenSSL or Node') },
  'gateway.started': {
    version: text,
    port: z.int(),
    adminPort: orNull(z.int(), 'Port of the administration listener; null if there is none').exactOptional(),
  },
  'gateway.stopped': { reason: text },
  'config.loaded': { configSha256: sha256.describe('Tells configurations apart; secrets are not part of it') },
  'trust.loaded': {
    listener: z
      .enum(['inference', 'administration'])
      .exactOptional()
      .describe('Whose clients; missing: those of inference'),
    clientCaSha256: sha256.describe('SHA-256 of the CA file'),
    crlSha256: orNull(sha256, 'SHA-256 of the file with the revocation lists; null if none is configured'),
    revoked: count.describe('Certificates on those lists'),
  },
  'keys.loaded': {
    keys: count.describe('How many keys there are'),
    keysSha256: sha256.describe(
      'Tells key tables apart: if it changed, records of the keys that changed stand before it',
    ),
  },
  'key.issued': keyState,
  'key.revoked': keyState,
  'key.rotated': {
    ...keyState,
    replacedBy: text.describe('The key that takes its place, by its id; this one ends at expiresAt'),
  },
  'key.changed': { ...keyState, changed: z.array(text).describe('Names of the members that are not what they were') },
  'audit.segment': {
    open: z
      .array(z.object({ requestId: text, seq: count }))
      .describe('Requests that were admitted and are not closed yet'),
  },
  'audit.checkpoint': {
    origin: sha256.describe('The log, by its key'),
    size: sizeOf('seq of the last record that is covered'),
    head: sha256.describe('SHA-256 of the line of that record'),
    keyId: signingKeyId,
    signature: z.base64().describe('Ed25519, of 64 bytes'),
  },
  'audit.purged': {
    fromSeq: sizeOf('The first record that is removed'),
    toSeq: sizeOf('The last record that is removed'),
    head: sha256.describe('SHA-256 of the line of the last one'),
    files: z.array(text),
    reason: text,
  },
  'audit.held': { reason: text.describe('Why nothing is removed from now on') },
  'audit.released': { reason: text.describe('What the legal hold had been for') },
  'audit.summarized': {
    of: z
      .enum(['inference.denied', 'admin.denied', 'handshake.refused'])
      .describe('What was counted instead of being recorded'),
    count: count.describe('Refusals in addition to those that have records of their own'),
    from: time,
    to: time,
    denial: orNull(text, 'Code of the refusals'),
    reason: orNull(text, 'Why, where the refusals have one'),
    ...source,
  },
  'alert.torn_line': { segment: text, bytes: count },
  'alert.orphan': { requestId: text, admittedSeq: count },
  'alert.signing_key_changed': {
    before: signingKeyId.describe('Whose key had signed the log, by its keyId'),
    after: signingKeyId.describe('The key that signs it from now on'),
  },
  'alert.audit_recovered': { failedAt: time, reason: text, refused: count },
  'alert.handshake_burst': { count, windowMs: count, remote: text.describe('Where most of them came from') },
  'alert.refused_key_burst': {
    count,
    windowMs: count,
    client: orNull(text, 'The client that most of them came from'),
    clientCertSha256: orNull(sha256, 'Its certificate'),
    remote: text,
  },
  'alert.outside_hours': { ...key, hours: text.describe('The hours of the key') },
  'alert.unusual_rate': {
    ...key,
    count: count.describe('Requests in the window'),
    usual: z.number().describe('What this key usually makes in such a window'),
    windowMs: count,
  },
  'alert.guardrail_series': { ...key, count, windowMs: count, rules: z.array(text) },
  'alert.certificate_expiring': {
    certificate: z.enum(['server', 'client_ca', 'crl', 'client']),
    subject: text,
    expiresAt: time,
  },
  'alert.key_expiring': { ...key, expiresAt: time },
  'alert.key_unused': { ...key, lastUsed: orNull(time, 'When it was last used; null if never') },
  'alert.sink_backlog': {
    sink: text,
    records: count,
    oldest: orNull(time, 'When the first of them was made; null if the log cannot be read'),
  },
  'alert.sink_gap': {
    sink: text,
    fromSeq: sizeOf('The first record that this sink will not be sent'),
    toSeq: sizeOf('The last one'),
  },
  'alert.witness_refused': {
    witness: text,
    size: sizeOf('What the checkpoint covers that was refused'),
    reason: text.describe('What the witness says'),
  },
  'alert.witness_behind': {
    witness: text,
    size: sizeOf('What the newest checkpoint covers'),
    witnessed: sizeOf('What the newest one covers that the witness has confirmed; 0 if none on this run'),
    since: time,
    reason: text,
  },
} as const satisfies Record<string, z.core.$ZodShape>;

export type EventName = keyof typeof EVENTS;
type FieldsOf<Event extends EventName> = z.infer<z.ZodObject<(typeof EVENTS)[Event]>>;

/** What a record says, by its event. The log adds the rest (format/chain.ts). */
export type AuditEvent = {
  [Event in EventName]: { readonly event: Event } & Readonly<FieldsOf<Event>>;
}[EventName];

/** What the log adds to every record. */
const frame = z.object({
  v: z.literal(FORMAT_VERSION).describe('Version of the format'),
  seq: z.int().min(1).describe('1, 2, 3, … without gaps'),
  timestamp: time,
  event: text,
  instance: text.describe('Which gateway wrote it'),
  prev: sha256.describe('SHA-256 of the line before'),
});

/** A whole line, by its event: the frame, and nothing that is not in the table. */
const line = <Event extends EventName>(event: Event) =>
  z.strictObject({ ...frame.shape, event: z.literal(event), ...EVENTS[event] });
const [first, ...rest] = (Object.keys(EVENTS) as EventName[]).map(line);

/** Any line of a log that this version writes. */
export const auditLine = z.discriminatedUnion('event', [first!, ...rest]);

/**
 * The records as JSON Schema (draft 2020-12). Later versions may add fields and events: it lets both through, an event that
 * it does not know with the frame of a record only.
 */
export function auditLineSchema() {
  const { oneOf, ...schema } = z.toJSONSchema(auditLine, {
    override: ({ jsonSchema }) => {
      delete jsonSchema.additionalProperties;
    },
  });
  const { properties } = z.toJSONSchema(frame);
  const later = {
    type: 'object',
    description: 'An event of a later version',
    properties: { ...properties, event: { type: 'string', not: { enum: Object.keys(EVENTS) } } },
    required: Object.keys(frame.shape),
  };
  return { ...schema, title: `Sallyport audit record, version ${FORMAT_VERSION}`, oneOf: [...oneOf!, later] };
}
