/**
 * Every setting of the gateway, its unit in its name, its default the safe one. `sallyport config schema` prints this
 * as JSON Schema. Anything that is not here is refused: a misspelt limit must not be a limit that is not there.
 */
import { z } from 'zod';
import { limitsShape } from '../core/policy.ts';
import { admin } from './admin-schema.ts';
import { alerts, audit } from './audit-schema.ts';
import { guardrails } from './guard-schema.ts';
import { count, milliseconds, name, path, port } from './shapes.ts';

const listen = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address the inference listener binds to'),
  port: port.default(8443).describe('TCP port of the inference listener; 0 takes a free one'),
});

const tls = z.strictObject({
  certFile: path('The server certificate, PEM, leaf first').default('certs/server-cert.pem'),
  keyFile: path('Its private key, PEM').default('certs/server-key.pem'),
  clientCaFile: path('The internal CA that issues client certificates, PEM').default('certs/internal-ca-cert.pem'),
  crlFile: z
    .string()
    .min(1)
    .nullable()
    .default('certs/crl.pem')
    .describe('The list of revoked client certificates, PEM; null means that none is ever revoked'),
  minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.3').describe('The oldest TLS version that is spoken'),
});

const upstream = z.strictObject({
  name: name.describe('What audit records and metrics call this model server'),
  kind: z.enum(['llama.cpp', 'ollama', 'vllm']).describe('Which model server it is'),
  url: z
    .string()
    .regex(/^(https?:\/\/[^/?#@]+\/?|unix:.+)$/, 'use http://host:port, https://host:port or unix:/path/to.sock')
    .refine((url) => !url.startsWith('http') || URL.canParse(url), 'this is no URL: check host and port')
    .describe('http://host:port, https://host:port or unix:/path/to.sock'),
  models: z.array(z.string().min(1)).min(1).default(['*']).describe('Models it serves; * stands for any characters'),
  maxInFlight: count('Requests that may run on it at once').default(32),
});

const identity = z.strictObject({
  names: z
    .array(z.enum(['uri', 'dns', 'cn']))
    .min(1)
    .refine((names) => new Set(names).size === names.length, 'name each kind once')
    .default(['uri', 'dns', 'cn'])
    .describe(
      'Which names in a client certificate count, the first that is there: URI and DNS alternative names, common name',
    ),
  trustDomain: z
    .string()
    .regex(/^[a-z0-9._-]{1,255}$/, 'use lower-case letters, digits, dots, hyphens or underscores, without spiffe://')
    .nullable()
    .default(null)
    .describe('Clients must have a SPIFFE ID of this trust domain; null: any name that counts'),
  requireClientAuth: z
    .boolean()
    .default(true)
    .describe('Whether a client certificate has to say that it is for client authentication (extended key usage)'),
});

const keysOfAnyStore = {
  env: name.nullable().default(null).describe('Keys of other environments are refused; null: keys of all are good'),
  maxTtlDays: z.int().min(1).max(366).default(90).describe('Days that a key lives at most, whatever its record says'),
};
const keys = z.discriminatedUnion(
  'store',
  [
    z.strictObject({
      store: z.literal('file').default('file').describe('Keys are kept in a file, for one host or a mounted secret'),
      file: path('The key file, written by "sallyport keys"').default('var/keys.json'),
      ...keysOfAnyStore,
    }),
    z.strictObject({
      store: z.literal('redis').describe('Keys are kept in the Redis of REDIS_URL, for many instances'),
      whenStoreFails: z
        .enum(['deny', 'keep'])
        .default('deny')
        .describe('When Redis does not answer: refuse, or go on with the keys as they were last read'),
      ...keysOfAnyStore,
    }),
  ],
  'use file or redis',
);

const limits = z.strictObject({
  requestsPerMinute: limitsShape.requestsPerMinute.default(30),
  tokensPerMinute: limitsShape.tokensPerMinute.default(60_000),
  tokensPerDay: limitsShape.tokensPerDay.default(null),
  concurrent: limitsShape.concurrent.default(8),
  maxBodyBytes: limitsShape.maxBodyBytes.default(8_388_608),
  maxOutputTokens: limitsShape.maxOutputTokens.default(4096),
  maxChoices: limitsShape.maxChoices.default(4),
  floodPerMinute: count(
    'Requests one client certificate may make in a minute, counted before any key is looked at',
  ).default(600),
  whenStoreFails: z
    .enum(['deny', 'local'])
    .default('deny')
    .describe('When Redis does not answer: refuse, or count in this process alone'),
});

const timeouts = z.strictObject({
  connectMs: milliseconds(2_000, 'Longest wait for a connection to a model server'),
  firstByteMs: milliseconds(30_000, 'Longest wait for the first byte of its answer'),
  idleMs: milliseconds(30_000, 'Longest silence within its answer; also the time a request body may take to arrive'),
  totalMs: milliseconds(600_000, 'Longest life of a request'),
  drainMs: milliseconds(30_000, 'How long running requests may go on after SIGTERM'),
});

const ops = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address of /healthz, /readyz and /metrics: plain HTTP'),
  port: port.default(9464).describe('TCP port of the operations listener; 0 takes a free one'),
});

export const settings = z.strictObject({
  listen: listen.prefault({}),
  tls: tls.prefault({}),
  identity: identity.prefault({}),
  stateDir: path(
    'Where lockdown, approvals and the last use of keys are kept, unless keys.store is redis: then they are in Redis too',
  ).default('var'),
  upstreams: z.array(upstream).min(1, 'name at least one model server').describe('The model servers'),
  keys: keys.prefault({}),
  limits: limits.prefault({}),
  timeouts: timeouts.prefault({}),
  guardrails: guardrails.prefault({}),
  audit: audit.prefault({}),
  alerts: alerts.prefault({}),
  admin: admin.prefault({}),
  ops: ops.prefault({}),
});

export type Settings = z.infer<typeof settings>;
export type UpstreamSettings = Settings['upstreams'][number];

/** The settings, and what only the environment knows. */
export interface Config extends Settings {
  /** Key of the HMAC that stands for prompts in the audit log, at least 32 bytes. */
  readonly promptHmacSecret: string;
  /** Null: everything is counted in this process. */
  readonly redisUrl: string | null;
  /** Environment variables that settings name (`authorizationEnv`, `urlEnv`), by their names. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** The settings as JSON Schema (draft 2020-12), for editors. */
export const settingsSchema = () => z.toJSONSchema(settings, { io: 'input' });
