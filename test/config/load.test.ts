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
    [
      'two upstreams with one name',
      { upstreams: [UPSTREAM, UPSTREAM] },
      SECRET,
      ['duplicate_upstream upstreams.1.name'],
    ],
    [
      'an injection cannot be redacted',
      with_({ guardrails: { input: { injection: 'redact' } } }),
      SECRET,
      ['invalid_setting guardrails.input.injection'],
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
      'side-cars are not there yet',
      with_({ guardrails: { sidecars: [{ name: 'x' }] } }),
      SECRET,
      ['invalid_setting guardrails.sidecars.0'],
    ],
    ['administration is not there yet', with_({ admin: { enabled: true } }), SECRET, ['invalid_setting admin.enabled']],
    ['a key store that is not there yet', with_({ keys: { store: 'redis' } }), SECRET, ['invalid_setting keys.store']],
    ['a port that is no number', with_(), { ...SECRET, PORT: 'https' }, ['invalid_environment PORT']],
    ['a Redis that is none', with_(), { ...SECRET, REDIS_URL: 'http://x' }, ['invalid_environment REDIS_URL']],
  ])('%s', (_what, raw, environment, expected) => {
    const { config, faults } = checkConfig(raw, environment);
    expect(config).toBeNull();
    expect(faults.map(({ code, at }) => `${code} ${at}`).sort()).toEqual(expected.sort());
    for (const { message } of faults) expect(message.length).toBeGreaterThan(10);
  });
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

test('the schema describes every setting', () => {
  const undescribed: string[] = [];
  const walk = (
    node: { properties?: Record<string, object>; items?: object; description?: string },
    path: string,
  ): void => {
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
