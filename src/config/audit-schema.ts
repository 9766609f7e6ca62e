/** The settings of the audit log: where it is kept, who else gets it, and what raises an alarm. */
import { z } from 'zod';
import { count, milliseconds, name, optionalPath, path, port } from './shapes.ts';

const httpUrl = z
  .string()
  .regex(/^https?:\/\/[^/?#@]+/, 'use http:// or https://')
  .refine(URL.canParse, 'this is no URL')
  .refine((value) => !hasUserInfo(value), 'has a name or a password in it: send them with authorizationEnv instead');
/** Whether a URL has a name or a password in it. */
export const hasUserInfo = (value: string): boolean => {
  const { username, password } = URL.parse(value) ?? {};
  return Boolean(username || password);
};
const urlEndingIn = (path: RegExp, message: string) =>
  httpUrl.refine((value) => path.test(URL.parse(value)?.pathname ?? ''), message).describe(WHERE);
const WHERE = 'Where the records are sent, with POST';
const variable = (about: string) =>
  z
    .string('name an environment variable')
    .regex(/^[A-Z][A-Z0-9_]*$/, 'name an environment variable: upper-case letters, digits and underscores')
    .describe(named(about));
const named = (about: string) => `Name of the environment variable with ${about}`;

const sinkCommon = {
  name: name.describe('What the cursor, metrics and alerts call this sink'),
  events: z
    .array(z.string().min(1))
    .min(1)
    .default(['*'])
    .describe('Which events it is sent; * stands for any characters'),
};
const httpCommon = {
  ...sinkCommon,
  authorizationEnv: variable('the whole value of the authorization header')
    .nullable()
    .default(null)
    .describe(named('the whole value of the authorization header; null sends none')),
  caFile: optionalPath('CAs of the receiver, PEM; null means those that Node knows'),
};
const sink = z.discriminatedUnion('kind', [
  z.strictObject({
    ...httpCommon,
    kind: z.literal('http').describe('NDJSON, many records a request'),
    url: httpUrl.describe(WHERE),
  }),
  z.strictObject({
    ...httpCommon,
    kind: z.literal('webhook').describe('JSON, one record a request, with a `text` for people'),
    urlEnv: variable('the URL').describe(named('the URL, which is a secret: whoever knows it may send')),
  }),
  z.strictObject({
    ...httpCommon,
    kind: z.literal('splunk').describe('HTTP Event Collector: the URL ends in /services/collector/event'),
    url: urlEndingIn(/\/services\/collector\/event(\/1\.0)?$/, 'must end in /services/collector/event'),
    authorizationEnv: variable('the token, as "Splunk <token>"'),
  }),
  z.strictObject({
    ...httpCommon,
    kind: z.literal('elastic').describe('Elasticsearch or OpenSearch: the URL ends in /_bulk'),
    url: urlEndingIn(/\/_bulk$/, 'must end in /_bulk'),
    index: z.string().min(1).describe('The index or data stream that is written to'),
  }),
  z.strictObject({
    ...sinkCommon,
    kind: z.literal('syslog').describe('RFC 5424 over TLS (RFC 5425)'),
    host: z.string().min(1).describe('The receiver'),
    port: port.default(6514).describe('Its TCP port'),
    caFile: optionalPath('CAs of the receiver, PEM; null means those that Node knows'),
    certFile: optionalPath('Certificate that is shown to the receiver, PEM'),
    keyFile: optionalPath('Its private key, PEM'),
  }),
  z.strictObject({
    ...sinkCommon,
    kind: z.literal('redis').describe('A Redis stream, one entry a record'),
    urlEnv: variable('the URL of that Redis').default('REDIS_URL').describe(named('the URL of that Redis')),
    caFile: optionalPath('CAs of that Redis, PEM, for a rediss:// URL; null means those that Node knows'),
    stream: z.string().min(1).default('sallyport:audit').describe('Key of the stream'),
    maxLen: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .describe('About how many entries the stream keeps; null keeps all of them'),
  }),
]);

const witness = z.union([
  z.strictObject({
    name: name.describe('What metrics and alerts call this witness'),
    file: path('A file elsewhere, on a volume that the gateway may only append to'),
  }),
  z.strictObject({
    name: name.describe('What metrics and alerts call this witness'),
    url: httpUrl.describe('A "sallyport audit witness": its base URL'),
    publicKeyFile: path('The public key of the witness, PEM'),
    caFile: optionalPath('CAs of the witness, PEM; null means those that Node knows'),
    certFile: optionalPath('Certificate that is shown to a witness that asks for one, PEM'),
    keyFile: optionalPath('Its private key, PEM'),
  }),
]);

export const audit = z.strictObject({
  dir: path('Directory of the audit log').default('var/audit'),
  stdout: z.boolean().default(true).describe('Also print every record on stdout, once it is on disk'),
  durability: z
    .enum(['fsync', 'buffered'])
    .default('fsync')
    .describe(
      'fsync: a record survives a power cut before it counts. buffered: it survives a crash of the gateway only',
    ),
  snippetChars: z.int().min(0).max(200).default(200).describe('Characters of the redacted answer kept in a record'),
  checkpointEveryRecords: count('The log is signed at the latest after so many records').default(1000),
  checkpointEveryMs: milliseconds(60_000, 'Longest time a record stays unsigned'),
  signingKeyFile: path('The Ed25519 key that signs the log, PKCS#8 in PEM; made at the first start').default(
    'var/audit-signing-key.pem',
  ),
  retainDays: z
    .int()
    .min(1)
    .max(36_500)
    .nullable()
    .default(2190)
    .describe('Days that a file of the log is kept after its last record; null keeps all of them'),
  fullRefusalsPerMinute: count(
    'Refusals of one kind that have records of their own in a minute, where no limit has counted them; the others are summed up',
  ).default(10),
  sinks: z.array(sink).default([]).describe('Receivers of the records, in addition to the files'),
  witnesses: z
    .array(witness)
    .default([])
    .describe('Keepers of checkpoints that the operators of this gateway cannot write to'),
});

const threshold = (byDefault: number, about: string) =>
  z.int().min(1).nullable().default(byDefault).describe(`${about}; null: never`);
export const alerts = z.strictObject({
  refusedHandshakesPerMinute: threshold(20, 'So many refused TLS handshakes in a minute raise alert.handshake_burst'),
  refusedKeysPerMinute: threshold(10, 'So many refused keys in a minute raise alert.refused_key_burst'),
  guardrailHitsPerHour: threshold(
    10,
    'So many requests of one key with findings in an hour raise alert.guardrail_series',
  ),
  rateJumpFactor: threshold(10, 'So many times its usual requests in five minutes raise alert.unusual_rate for a key'),
  expiryDays: threshold(14, 'So many days before a certificate or key expires, alert.*_expiring is raised, every day'),
  unusedKeyDays: threshold(30, 'So many days without use raise alert.key_unused for a key that is good, every day'),
  sinkBacklogRecords: threshold(10_000, 'So many records that a sink has not taken raise alert.sink_backlog'),
  witnessBehindMinutes: threshold(10, 'So many minutes without a confirmation raise alert.witness_behind'),
});
