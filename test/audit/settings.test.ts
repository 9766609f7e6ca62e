/** The settings of the audit log do what they say, or are refused. */
import { describe, expect, test } from 'vitest';
import { checkConfig } from '../../src/config/load.ts';

const check = (audit: object) =>
  checkConfig(
    { upstreams: [{ name: 'a', kind: 'vllm', url: 'http://127.0.0.1:8000' }], audit },
    { PROMPT_HMAC_SECRET: 'x'.repeat(32) },
  );

describe('audit', () => {
  test('has safe defaults', () => {
    expect(check({}).config?.audit).toEqual({
      dir: 'var/audit',
      stdout: true,
      durability: 'fsync',
      snippetChars: 200,
      checkpointEveryRecords: 1000,
      checkpointEveryMs: 60_000,
      signingKeyFile: 'var/audit-signing-key.pem',
      retainDays: 2190,
      fullRefusalsPerMinute: 10,
      sinks: [],
      witnesses: [],
    });
  });

  test('may be kept for ever', () => {
    expect(check({ retainDays: null }).config?.audit.retainDays).toBeNull();
  });

  test.each([
    [{ retainDays: 0 }, 'retainDays'],
    [{ retainDays: 1.5 }, 'retainDays'],
    [{ retainDays: 40_000 }, 'retainDays'],
    [{ checkpointEveryRecords: 0 }, 'checkpointEveryRecords'],
    [{ checkpointEveryRecords: null }, 'checkpointEveryRecords'],
    [{ checkpointEveryMs: 0 }, 'checkpointEveryMs'],
    [{ checkpointEveryMs: 2 ** 31 }, 'checkpointEveryMs'],
    [{ signingKeyFile: '' }, 'signingKeyFile'],
    [{ fullRefusalsPerMinute: 0 }, 'fullRefusalsPerMinute'],
    [{ sinks: [{ name: 's', kind: 'syslog' }] }, 'sinks.0.host'],
    [{ witnesses: [{ name: 'w' }] }, 'witnesses.0'],
  ])('refuses %j', (settings, at) => {
    const { config, faults } = check(settings);
    expect(config).toBeNull();
    expect(faults.map((fault) => `${fault.code} ${fault.at}`)).toEqual([`invalid_setting audit.${at}`]);
  });
});
