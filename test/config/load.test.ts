import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { checkConfig, loadConfig } from '../../src/config/load.ts';
import { settings, settingsSchema } from '../../src/config/schema.ts';
import { Fault } from '../../src/core/fault.ts';

const SECRET = { PROMPT_HMAC_SECRET: 'x'.repeat(32) };
const UPSTREAM = { name: 'a', kind: 'llama.cpp', url: 'http://127.0.0.1:8080' };
const with_ = (more: object = {}) => ({ upstreams: [UPSTREAM], ...more });
const HTTP_SINK = { name: 'siem', kind: 'http', url: 'https://siem.internal/ingest' };
const WITNESS = { name: 'w', file: 'witness.jsonl' };
const SPLUNK = {
  name: 'splunk',
  kind: 'splunk',
  url: 'https://h:8088/services/collector/event',
  authorizationEnv: 'TOKEN',
};
const ELASTIC = { name: 'elastic', kind: 'elastic', url: 'https://h:9200/_bulk', index: 'audit' };
const withSinks = (...sinks: object[]) => with_({ audit: { sinks } });
const withSidecars = (...sidecars: object[]) =>
  with_({
    guardrails: { sidecars: sidecars.map((one, i) => ({ name: `s${i}`, url: 'http://127.0.0.1:8700/', ...one })) },
  });
const withAdmin = (admin: object) => with_({ admin: { enabled: true, ...admin } });
const OIDC = { issuer: 'https://issuer.corp', audience: 'sallyport', roles: { ops: 'model-admin' } };
const EXAMPLE = join(import.meta.dirname, '../../config/sallyport.example.yaml');

test('the example is valid, and spells out the defaults', () => {
  const example = parse(readFileSync(EXAMPLE, 'utf8'));
  expect(checkConfig(example, SECRET).faults).toEqual([]);
  expect(settings.parse(example)).toEqual(settings.parse({ upstreams: example.upstreams }));
});

test('the example names every setting there is', () => {
  const example = parse(readFileSync(EXAMPLE, 'utf8'));
  expect(settings.parse(example)).toEqual(example);
});

describe('faults', () => {
  test.each<[string, unknown, Record<string, string>, string[]]>([
    ['an unknown section', with_({ limitz: {} }), SECRET, ['unknown_setting limitz']],
    [
      'an unknown setting',
      with_({ limits: { requestPerMinute: 5 } }),
      SECRET,
      ['unknown_setting limits.requestPerMinute'],
    ],
    [
      'several at once',
      with_({ listen: { port: 'x' }, tls: { minVersion: 'SSLv3' }, x: 1 }),
      {},
      [
        'unknown_setting x',
        'invalid_setting listen.port',
        'invalid_setting tls.minVersion',
        'missing_secret PROMPT_HMAC_SECRET',
      ],
    ],
    ['no upstream', {}, SECRET, ['invalid_setting upstreams']],
    ['an empty list of upstreams', { upstreams: [] }, SECRET, ['invalid_setting upstreams']],
    ['nothing at all', null, SECRET, ['invalid_setting (top level)']],
    [
      'an upstream without a scheme',
      { upstreams: [{ ...UPSTREAM, url: '127.0.0.1:8080' }] },
      SECRET,
      ['invalid_setting upstreams.0.url'],
    ],
    [
      'an upstream with a path',
      { upstreams: [{ ...UPSTREAM, url: 'http://h/v1' }] },
      SECRET,
      ['invalid_setting upstreams.0.url'],
    ],
    ['two upstreams with one name', { upstreams: [UPSTREAM, UPSTREAM] }, SECRET, ['duplicate_name upstreams.1.name']],
    [
      'an injection cannot be redacted',
      with_({ guardrails: { input: { injection: 'redact' } } }),
      SECRET,
      ['invalid_setting guardrails.input.injection'],
    ],
    [
      'two sinks, or two witnesses, with one name',
      with_({ audit: { sinks: [HTTP_SINK, HTTP_SINK], witnesses: [WITNESS, { ...WITNESS, file: 'other' }] } }),
      SECRET,
      ['duplicate_name audit.sinks.1.name', 'duplicate_name audit.witnesses.1.name'],
    ],
    [
      'secrets of sinks that are not set',
      with_({
        audit: {
          sinks: [
            { ...HTTP_SINK, authorizationEnv: 'SIEM_TOKEN' },
            { name: 'stream', kind: 'redis', urlEnv: 'SIEM_REDIS' },
          ],
        },
      }),
      { ...SECRET, SIEM_TOKEN: '' },
      ['missing_secret audit.sinks.0.authorizationEnv', 'missing_secret audit.sinks.1.urlEnv'],
    ],
    [
      'a Redis sink that leads to none',
      with_({ audit: { sinks: [{ name: 'stream', kind: 'redis', urlEnv: 'SIEM_REDIS' }] } }),
      { ...SECRET, SIEM_REDIS: 'http://x' },
      ['invalid_environment SIEM_REDIS'],
    ],
    [
      'a webhook that leads nowhere',
      with_({ audit: { sinks: [{ name: 'chat', kind: 'webhook', urlEnv: 'CHAT_URL' }] } }),
      { ...SECRET, CHAT_URL: 'chat.internal' },
      ['invalid_environment CHAT_URL'],
    ],
    [
      'half of a client certificate for a witness, and one that is shown to nobody',
      with_({
        audit: {
          witnesses: [
            { name: 'a', url: 'https://w.internal', publicKeyFile: 'w.pem', keyFile: 'k.pem' },
            { name: 'b', url: 'http://w.internal', publicKeyFile: 'w.pem', certFile: 'c.pem', keyFile: 'k.pem' },
          ],
        },
      }),
      SECRET,
      [
        'inert_setting audit.witnesses.0.keyFile',
        'inert_setting audit.witnesses.1.certFile',
        'inert_setting audit.witnesses.1.keyFile',
      ],
    ],
    [
      'half of a client certificate for syslog',
      with_({
        audit: {
          sinks: [
            { name: 'a', kind: 'syslog', host: 'h', certFile: 'c' },
            { name: 'b', kind: 'syslog', host: 'h', keyFile: 'k' },
          ],
        },
      }),
      SECRET,
      ['inert_setting audit.sinks.0.certFile', 'inert_setting audit.sinks.1.keyFile'],
    ],
    [
      'a secret over plain HTTP to another host',
      withSinks(
        { ...SPLUNK, url: 'http://siem.internal:8088/services/collector/event' },
        { ...HTTP_SINK, name: 'b', url: 'http://127.0.0.1.internal/x', authorizationEnv: 'TOKEN' },
        { name: 'c', kind: 'webhook', urlEnv: 'HOOK' },
      ),
      { ...SECRET, TOKEN: 'Splunk t', HOOK: 'http://chat.internal/hooks/1' },
      ['invalid_setting audit.sinks.0.url', 'invalid_setting audit.sinks.1.url', 'invalid_environment HOOK'],
    ],
    [
      'CAs where there is no TLS',
      with_({
        audit: {
          sinks: [
            { ...HTTP_SINK, url: 'http://siem.internal/x', caFile: 'ca.pem' },
            { name: 'r', kind: 'redis', urlEnv: 'REDIS', caFile: 'ca.pem' },
            { name: 'u', kind: 'redis', urlEnv: 'UNIX', caFile: 'ca.pem' },
            { name: 'c', kind: 'webhook', urlEnv: 'HOOK', caFile: 'ca.pem' },
          ],
          witnesses: [{ name: 'w', url: 'http://w.internal', publicKeyFile: 'w.pem', caFile: 'ca.pem' }],
        },
      }),
      { ...SECRET, REDIS: 'redis://r:6379', UNIX: 'unix:///run/r.sock', HOOK: 'http://localhost:8065/hooks/1' },
      [...[0, 1, 2, 3].map((i) => `inert_setting audit.sinks.${i}.caFile`), 'inert_setting audit.witnesses.0.caFile'],
    ],
    [
      'Splunk without a token',
      withSinks({ ...SPLUNK, authorizationEnv: undefined }),
      SECRET,
      ['invalid_setting audit.sinks.0.authorizationEnv'],
    ],
    [
      'URLs that are not those of Splunk or _bulk',
      withSinks(
        ...['https://h:8088', 'https://h/services/collector/raw', 'https://h/x?/services/collector/event'].map(
          (url, i) => ({ ...SPLUNK, name: `s${i}`, url }),
        ),
        ...['https://h:9200', 'https://h:9200/_bulk/x'].map((url, i) => ({ ...ELASTIC, name: `e${i}`, url })),
      ),
      { ...SECRET, TOKEN: 'Splunk t' },
      [0, 1, 2, 3, 4].map((i) => `invalid_setting audit.sinks.${i}.url`),
    ],
    [
      'what no header may have',
      withSinks(SPLUNK, { ...HTTP_SINK, name: 'b', authorizationEnv: 'AUTH' }),
      { ...SECRET, TOKEN: 'Splunk t\nx-evil: 1', AUTH: 'Bearer t\n' },
      ['invalid_environment TOKEN', 'invalid_environment AUTH'],
    ],
    [
      'names and passwords in URLs',
      with_({
        audit: {
          sinks: [
            { ...HTTP_SINK, url: 'https://user:pw@siem.internal/x' },
            { ...HTTP_SINK, name: 'b', url: 'https://user@siem.internal/x' },
            { name: 'c', kind: 'webhook', urlEnv: 'HOOK' },
          ],
        },
      }),
      { ...SECRET, HOOK: 'https://user:pw@chat.internal/x' },
      ['invalid_setting audit.sinks.0.url', 'invalid_setting audit.sinks.1.url'],
    ],
    [
      'the same in a variable',
      withSinks({ name: 'c', kind: 'webhook', urlEnv: 'HOOK' }),
      { ...SECRET, HOOK: 'https://user:pw@chat.internal/x' },
      ['invalid_environment HOOK'],
    ],
    [
      'names that differ in case only',
      with_({
        audit: {
          sinks: [HTTP_SINK, { ...HTTP_SINK, name: 'SIEM' }],
          witnesses: [WITNESS, { ...WITNESS, name: 'W', file: 'other' }],
        },
      }),
      SECRET,
      ['duplicate_name audit.sinks.1.name', 'duplicate_name audit.witnesses.1.name'],
    ],
    [
      'a witness file that is that of another, or lies in the log',
      with_({
        audit: {
          dir: 'logs/audit/',
          witnesses: [
            WITNESS,
            { name: 'b', file: './x/../witness.jsonl' },
            { name: 'c', file: 'logs/audit/audit-000000000001.jsonl' },
            { name: 'd', file: 'logs/audit' },
            { name: 'e', file: 'logs/audit-witness.jsonl' },
          ],
        },
      }),
      SECRET,
      [1, 2, 3].map((i) => `invalid_setting audit.witnesses.${i}.file`),
    ],
    [
      'a sink of an unknown kind, and one that cannot be sent to',
      with_({
        audit: {
          sinks: [
            { name: 'a', kind: 'kafka' },
            { ...HTTP_SINK, url: 'siem:443' },
          ],
        },
      }),
      SECRET,
      ['invalid_setting audit.sinks.0.kind', 'invalid_setting audit.sinks.1.url'],
    ],
    [
      'a previous secret that is too short',
      with_(),
      { ...SECRET, PROMPT_HMAC_SECRET_PREVIOUS: `${'y'.repeat(32)},short` },
      ['invalid_environment PROMPT_HMAC_SECRET_PREVIOUS'],
    ],
    ['no secret', with_(), {}, ['missing_secret PROMPT_HMAC_SECRET']],
    ['a short secret', with_(), { PROMPT_HMAC_SECRET: 'x'.repeat(31) }, ['missing_secret PROMPT_HMAC_SECRET']],
    [
      'a limit of zero',
      with_({ limits: { requestsPerMinute: 0 } }),
      SECRET,
      ['invalid_setting limits.requestsPerMinute'],
    ],
    [
      'local counting without Redis',
      with_({ limits: { whenStoreFails: 'local' } }),
      SECRET,
      ['inert_setting limits.whenStoreFails'],
    ],
    [
      'a side-car that is nowhere',
      withSidecars({ url: undefined }),
      SECRET,
      ['invalid_setting guardrails.sidecars.0.url'],
    ],
    [
      'side-cars that would get prompts in the clear, or somewhere that is none',
      withSidecars(
        { url: 'http://names.internal:5002/analyze' },
        { url: 'http://127.0.0.1.internal/x' },
        { url: 'http://user:word@127.0.0.1/x' },
        { url: 'http://127.0.0.1:99999/x' },
        { url: 'ftp://127.0.0.1/x' },
      ),
      SECRET,
      [2, 3, 4].map((i) => `invalid_setting guardrails.sidecars.${i}.url`),
    ],
    [
      'side-cars on other hosts without TLS',
      withSidecars({ url: 'http://names.internal:5002/analyze' }, { url: 'http://127.0.0.1.internal/x' }, {}),
      SECRET,
      [0, 1].map((i) => `invalid_setting guardrails.sidecars.${i}.url`),
    ],
    [
      'CAs for side-cars without TLS',
      withSidecars(
        { caFile: 'ca.pem' },
        { url: 'unix:/run/x.sock', caFile: 'ca.pem' },
        { url: 'https://h/x', caFile: 'ca.pem' },
      ),
      SECRET,
      [0, 1].map((i) => `inert_setting guardrails.sidecars.${i}.caFile`),
    ],
    [
      'two side-cars with one name',
      withSidecars({ name: 'x' }, { name: 'x' }),
      SECRET,
      ['duplicate_name guardrails.sidecars.1.name'],
    ],
    [
      'settings of one kind of side-car on another',
      withSidecars({ language: 'de' }, { kind: 'classifier', language: 'de' }, { kind: 'presidio', language: 'de' }),
      SECRET,
      [0, 1].map((i) => `unknown_setting guardrails.sidecars.${i}.language`),
    ],
    [
      'side-cars that are never asked, or score what cannot be',
      withSidecars(
        { on: [] },
        { threshold: 2 },
        { kind: 'presidio', labels: { PERSON: 'secret' } },
        { whenItFails: 'off' },
      ),
      SECRET,
      ['0.on', '1.threshold', '2.labels.PERSON', '3.whenItFails'].map(
        (at) => `invalid_setting guardrails.sidecars.${at}`,
      ),
    ],
    [
      'names in the place of values where nothing could put the values back',
      with_({ guardrails: { input: { secrets: 'pseudonymise' }, output: { pii: 'pseudonymise' } } }),
      SECRET,
      ['invalid_setting guardrails.input.secrets', 'invalid_setting guardrails.output.pii'],
    ],
    [
      'profiles that say what cannot be',
      with_({
        guardrails: { profiles: { 'a b': {}, strict: { input: { injection: 'redact' } }, x: { outputs: {} } } },
      }),
      SECRET,
      [
        'invalid_setting guardrails.profiles.a b',
        'invalid_setting guardrails.profiles.strict.input.injection',
        'unknown_setting guardrails.profiles.x.outputs',
      ],
    ],
    ['keys in a Redis that is nowhere', with_({ keys: { store: 'redis' } }), SECRET, ['missing_secret keys.store']],
    [
      'a directory for what is in Redis',
      with_({ keys: { store: 'redis' }, stateDir: 'var' }),
      { ...SECRET, REDIS_URL: 'redis://r' },
      ['inert_setting stateDir'],
    ],
    [
      'a key file for keys in Redis',
      with_({ keys: { store: 'redis', file: 'keys.json' } }),
      { ...SECRET, REDIS_URL: 'redis://r' },
      ['unknown_setting keys.file'],
    ],
    ['a third store of keys', with_({ keys: { store: 's3' } }), SECRET, ['invalid_setting keys.store']],
    ['keys that live for ever', with_({ keys: { maxTtlDays: 4000 } }), SECRET, ['invalid_setting keys.maxTtlDays']],
    ['names that nobody has', with_({ identity: { names: [] } }), SECRET, ['invalid_setting identity.names']],
    [
      'a trust domain with its scheme',
      with_({ identity: { trustDomain: 'spiffe://corp' } }),
      SECRET,
      ['invalid_setting identity.trustDomain'],
    ],
    [
      'settings of an administration that is off',
      withAdmin({ enabled: false, port: 9000, host: '0.0.0.0', approvals: 'destructive', oidc: OIDC }),
      SECRET,
      ['inert_setting admin.approvals', 'inert_setting admin.host', 'inert_setting admin.oidc'],
    ],
    ['a revocation list without a CA', withAdmin({ crlFile: 'crl.pem' }), SECRET, ['inert_setting admin.crlFile']],
    [
      'administrators who can never be revoked, and nobody has said so',
      withAdmin({ clientCaFile: 'ca.pem' }),
      SECRET,
      ['invalid_setting admin.crlFile'],
    ],
    ['two listeners on one port', withAdmin({ port: 8443 }), SECRET, ['invalid_setting admin.port']],
    ['a name twice', with_({ identity: { names: ['uri', 'uri'] } }), SECRET, ['invalid_setting identity.names']],
    [
      'a time for approvals that nobody needs',
      withAdmin({ approvalMinutes: 5 }),
      SECRET,
      ['inert_setting admin.approvalMinutes'],
    ],
    [
      'an issuer that can be read on the way',
      withAdmin({ oidc: { ...OIDC, issuer: 'http://issuer.corp' } }),
      SECRET,
      ['invalid_setting admin.oidc.issuer'],
    ],
    [
      'a CA for an issuer without TLS',
      withAdmin({ oidc: { ...OIDC, issuer: 'http://127.0.0.1:9000', caFile: 'ca.pem' } }),
      SECRET,
      ['inert_setting admin.oidc.caFile'],
    ],
    [
      'inference for people',
      withAdmin({ oidc: { ...OIDC, roles: { users: 'inference' } } }),
      SECRET,
      ['invalid_setting admin.oidc.roles.users'],
    ],
    [
      'an issuer that makes nobody anything',
      withAdmin({ oidc: { ...OIDC, roles: {} } }),
      SECRET,
      ['invalid_setting admin.oidc.roles'],
    ],
    ['a port that is no number', with_(), { ...SECRET, PORT: 'https' }, ['invalid_environment PORT']],
    ['a Redis that is none', with_(), { ...SECRET, REDIS_URL: 'http://x' }, ['invalid_environment REDIS_URL']],
  ])('%s', (_what, raw, environment, expected) => {
    const { config, faults } = checkConfig(raw, environment);
    expect(config).toBeNull();
    expect(faults.map(({ code, at }) => `${code} ${at}`).sort()).toEqual(expected.sort());
    for (const { message } of faults) expect(message.length).toBeGreaterThan(10);
  });
});

test.each<[string, object, Record<string, string>]>([
  ['plain HTTP to this host', { ...SPLUNK, url: 'http://127.0.0.1:8088/services/collector/event' }, {}],
  ['by name', { ...HTTP_SINK, url: 'http://localhost:1/x', authorizationEnv: 'TOKEN' }, {}],
  ['by its other address', { name: 'c', kind: 'webhook', urlEnv: 'HOOK' }, { HOOK: 'http://[::1]:8065/hooks/1' }],
  ['plain HTTP without a secret', { ...HTTP_SINK, url: 'http://siem.internal/x' }, {}],
  ['the version in the URL of Splunk', { ...SPLUNK, url: 'https://h/services/collector/event/1.0?channel=a' }, {}],
  ['a pipeline of Elastic', { ...ELASTIC, url: 'https://h/audit/_bulk?pipeline=p' }, {}],
  ['CAs with TLS', { ...HTTP_SINK, caFile: 'ca.pem' }, {}],
  ['for Redis', { name: 'r', kind: 'redis', urlEnv: 'R', caFile: 'ca.pem' }, { R: 'rediss://u:p@r:6379' }],
])('a sink may have: %s', (_what, sink, environment) => {
  expect(checkConfig(withSinks(sink), { ...SECRET, TOKEN: 'Splunk t', ...environment }).faults).toEqual([]);
});

test('faults do not say secrets', () => {
  const sinks = [
    { ...HTTP_SINK, url: 'https://user:canary@siem.internal/x' },
    { name: 'c', kind: 'webhook', urlEnv: 'HOOK' },
    { ...HTTP_SINK, name: 'b', authorizationEnv: 'TOKEN' },
  ];
  const secrets = { HOOK: 'http://chat.internal/canary', TOKEN: 'canary\n' };
  for (const some of [sinks, sinks.slice(1)]) {
    const { faults } = checkConfig(withSinks(...some), { ...SECRET, ...secrets });
    expect(faults.length).toBeGreaterThan(0);
    expect(JSON.stringify(faults)).not.toContain('canary');
  }
});

test('the environment overrides the file', () => {
  const { config } = checkConfig(with_({ listen: { port: 1 } }), {
    ...SECRET,
    PORT: '4443',
    INFERENCE_TIMEOUT_MS: '45000',
    REDIS_URL: 'redis://r:6379',
  });
  expect([config?.listen.port, config?.timeouts.totalMs, config?.redisUrl]).toEqual([4443, 45_000, 'redis://r:6379']);
});

test('secrets come from the environment alone: those that settings name, and no others', () => {
  const sinks = [
    { ...HTTP_SINK, authorizationEnv: 'SIEM_TOKEN' },
    { name: 'stream', kind: 'redis' },
    { name: 'chat', kind: 'webhook', urlEnv: 'CHAT_URL' },
  ];
  const { config } = checkConfig(with_({ audit: { sinks } }), {
    ...SECRET,
    SIEM_TOKEN: 'Bearer t',
    CHAT_URL: 'https://chat.internal/hooks/1',
    REDIS_URL: 'redis://r:6379',
    UNRELATED: 'u',
  });
  expect(config?.secrets).toEqual({
    SIEM_TOKEN: 'Bearer t',
    REDIS_URL: 'redis://r:6379',
    CHAT_URL: 'https://chat.internal/hooks/1',
  });
});

describe('files', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'sallyport-config-'));
  });
  afterAll(() => rmSync(dir, { recursive: true }));
  const fault = (text: string | null): Fault => {
    const file = join(dir, text === null ? 'missing.yaml' : 'config.yaml');
    if (text !== null) writeFileSync(file, text);
    try {
      loadConfig(file, SECRET);
    } catch (error) {
      if (error instanceof Fault) return error;
    }
    throw new Error('it was accepted');
  };

  test.each<[string, string | null, string]>([
    ['missing', null, 'config_unreadable'],
    ['not YAML', 'a: [', 'config_not_yaml'],
    ['a setting that stands twice', 'ops: {}\nops: {}\n', 'config_not_yaml'],
    ['not valid', 'x: 1\ny: 2\n', 'config_invalid'],
  ])('%s', (_what, text, code) => {
    expect(fault(text)).toMatchObject({ code, exitCode: 2 });
  });

  test('all faults are listed, each on a line', () => {
    expect(fault('x: 1\ny: 2\n').message.split('\n')).toHaveLength(4);
  });
});

test('a side-car is safe where nothing is said of it', () => {
  expect(checkConfig(withSidecars({ name: 'names' }), SECRET).config?.guardrails.sidecars).toEqual([
    {
      name: 'names',
      kind: 'sallyport',
      url: 'http://127.0.0.1:8700/',
      caFile: null,
      on: ['input', 'output'],
      timeoutMs: 1000,
      whenItFails: 'block',
      threshold: 0.5,
      maxChars: null,
    },
  ]);
});

test('the schema describes every setting', () => {
  const undescribed: string[] = [];
  interface Node {
    readonly properties?: Readonly<Record<string, Node>>;
    readonly items?: Node;
    readonly oneOf?: readonly Node[];
    readonly anyOf?: readonly Node[];
    readonly description?: string;
  }
  const walk = (node: Node, path: string): void => {
    for (const child of [...(node.oneOf ?? []), ...(node.anyOf ?? [])]) if (child.properties) walk(child, path);
    if (node.items) walk(node.items, `${path}[]`);
    for (const [key, child] of Object.entries(node.properties ?? {})) walk(child, path ? `${path}.${key}` : key);
    if (!node.properties && !node.description && path.includes('.') && !path.endsWith('[]')) undescribed.push(path);
  };
  walk(settingsSchema() as object, '');
  expect(undescribed).toEqual([]);
});

test('the configuration of the compose file is valid', () => {
  const deployed = parse(readFileSync(join(import.meta.dirname, '../../deploy/sallyport.yaml'), 'utf8'));
  expect(checkConfig(deployed, SECRET).faults).toEqual([]);
});
