import { describe, expect, test } from 'vitest';
import { oneLine } from '../../../src/audit/read/one-line.ts';
import { EVENT_NAMES, recordOf } from './samples.ts';

describe('a record in a line', () => {
  test.each([
    [
      'inference.completed',
      '2026-01-02T03:04:05.678Z  inference.completed  research/bot          k000000001  chat.completions/llama-3          200  -                complete          12+34 tokens    567 ms',
    ],
    [
      'inference.denied',
      '2026-01-02T03:04:05.678Z  inference.denied     -                     -           -                                 401  identity_revoked  blocked                           567 ms  reason=revoked',
    ],
    [
      'admin.completed',
      '2026-01-02T03:04:05.678Z  admin.completed      research/bot          k000000001  gpu-1 DELETE /api/delete llama-3  200  -                complete          21+345 bytes    567 ms  approval=ap00000001',
    ],
    [
      'admin.denied',
      '2026-01-02T03:04:05.678Z  admin.denied         -                     k000000001  -                                 401  invalid_api_key  blocked            0+345 bytes    567 ms  reason=other_client',
    ],
    ['gateway.stopped', '2026-01-02T03:04:05.678Z  gateway.stopped      reason=SIGTERM'],
    ['audit.segment', '2026-01-02T03:04:05.678Z  audit.segment        open=[{"requestId":"req-1","seq":1}]'],
  ] as const)('%s', (name, line) => expect(oneLine(recordOf(name).record)).toBe(line));

  test.each(EVENT_NAMES)('%s is one line', (name) => {
    expect(oneLine(recordOf(name).record)).toMatch(/^2026-01-02T03:04:05\.678Z {2}[a-z._]+ {2}[^\n]*\S$/);
  });

  test('of a person names the person', () => {
    const { record } = recordOf('admin.completed', { team: null, app: null, keyId: null, person: 'anna', route: null });
    expect(oneLine(record)).toContain('  anna                  -           upstream llama-3');
  });

  test('cannot move the cursor, whatever a name is', () => {
    const evil = '\u001b[2Jroot\r\n\u009b1m\u202e';
    for (const record of [
      recordOf('inference.completed', { team: evil }).record,
      recordOf('audit.held', { reason: evil }).record,
    ]) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(oneLine(record)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    }
  });

  test('shows of a long value the beginning', () => {
    expect(oneLine(recordOf('audit.held', { reason: 'x'.repeat(1000) }).record).length).toBeLessThan(150);
  });
});
