import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Fault } from '../../src/core/fault.ts';
import { type KeyUsage, type UsageLog, type UsageOptions, usageFormat, usageLog } from '../../src/keys/usage.ts';
import { NOW } from './make.ts';
import { type MemoryDocument, memoryDocument } from './memory-document.ts';

const [A, B, C] = ['aaaaaaaaaa', 'bbbbbbbbbb', 'cccccccccc'] as const;
const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
const usage = (entries: Record<string, Date>): KeyUsage =>
  new Map(Object.entries(entries).map(([id, at]) => [id, at.toISOString()]));

let document: MemoryDocument<KeyUsage>;
let faults: string[];
let log: UsageLog;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  faults = [];
});
afterEach(async () => {
  await log?.close();
  vi.useRealTimers();
});

function open(stored: Record<string, Date> = {}, options: Partial<UsageOptions> = {}) {
  document = memoryDocument(usage(stored));
  log = usageLog(document, { exists: () => true, onFault: ({ code }) => faults.push(code), ...options });
  return log;
}

describe('the last use', () => {
  it('is the later one of what others wrote and what was seen here', () => {
    open({ [A]: ago(10), [B]: ago(1) });
    log.saw(A, ago(5));
    log.saw(A, ago(7));
    log.saw(B, ago(3));
    expect([A, B, C].map((id) => log.lastUsed(id))).toEqual([ago(5), ago(1), null]);
  });

  it('is written once a minute, and only if there is something to write', async () => {
    open();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(document.changes).toBe(0);
    log.saw(A, ago(5));
    await vi.advanceTimersByTimeAsync(59_999);
    expect(document.changes).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(document.current()).toEqual(usage({ [A]: ago(5) }));
    await vi.advanceTimersByTimeAsync(600_000);
    expect(document.changes).toBe(1);
  });

  it('is merged with what others wrote', async () => {
    open({ [A]: ago(1), [B]: ago(9) });
    log.saw(A, ago(2));
    log.saw(B, ago(3));
    log.saw(C, ago(4));
    await log.flush();
    expect(document.current()).toEqual(usage({ [A]: ago(1), [B]: ago(3), [C]: ago(4) }));
  });

  it('is forgotten with the key', async () => {
    open({ [A]: ago(1), [B]: ago(9) }, { exists: (id) => id === C });
    log.saw(C, ago(3));
    log.saw(A, ago(3));
    await log.flush();
    expect(document.current()).toEqual(usage({ [C]: ago(3) }));
  });

  it('is never in the future, or a clock that was ahead would hide that a key is unused', async () => {
    open({ [A]: ago(-600) });
    expect(log.lastUsed(A)).toEqual(NOW);
    log.saw(B, ago(1));
    await log.flush();
    expect(document.current().get(A)).toBe(NOW.toISOString());
  });

  it('is written at the end', async () => {
    open();
    log.saw(A, ago(1));
    await log.close();
    expect(document.current()).toEqual(usage({ [A]: ago(1) }));
    log.saw(A, NOW);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(document.changes).toBe(1);
  });

  it('is not lost if it is seen while it is being written', async () => {
    open();
    log.saw(A, ago(5));
    const flushed = log.flush();
    await Promise.resolve();
    log.saw(A, ago(4));
    await flushed;
    expect([document.current().get(A), log.lastUsed(A)]).toEqual([ago(5).toISOString(), ago(4)]);
    await log.flush();
    expect(document.current().get(A)).toBe(ago(4).toISOString());
  });
});

describe('a store that fails', () => {
  it('disturbs nobody, is told once for each outage, and loses nothing', async () => {
    open();
    document.broken = new Fault('key_usage_unwritable', 'no');
    log.saw(A, ago(5));
    for (let i = 0; i < 3; i++) await log.flush();
    expect([faults, log.lastUsed(A)]).toEqual([['key_usage_unwritable'], ago(5)]);
    document.broken = null;
    await log.flush();
    expect(document.current()).toEqual(usage({ [A]: ago(5) }));
    document.broken = new Error('not even a fault');
    log.saw(A, ago(1));
    await log.flush();
    expect(faults).toEqual(['key_usage_unwritable', 'key_usage_unwritable']);
  });
});

describe('the document', () => {
  it('is read as it was written', () => {
    const value = usage({ [A]: ago(1), [B]: ago(2) });
    expect(usageFormat.parse(usageFormat.print(value), 'here')).toEqual(value);
    expect(usageFormat.parse(usageFormat.print(usageFormat.empty), 'here')).toEqual(new Map());
  });

  it.each([
    ['no JSON', 'garbage'],
    ['another version', '{"version":2,"lastUsed":{}}'],
    ['an id that is none', '{"version":1,"lastUsed":{"sp_x":"2026-06-01T12:00:00Z"}}'],
    ['a time that is none', '{"version":1,"lastUsed":{"aaaaaaaaaa":"yesterday"}}'],
  ])('is empty where it says %s', (_, text) => expect(usageFormat.parse(text, 'here')).toEqual(new Map()));
});
