import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeEvent, readEvents } from '../../src/openai/sse.ts';
import { refusalOf } from '../support/refusal.ts';

async function* pieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let start = 0;
  for (const end of [...ends, bytes.length]) {
    if (end > start) yield bytes.subarray(start, end);
    start = Math.max(start, end);
  }
}
const read = (bytes: Uint8Array, cuts: readonly number[] = []) => Array.fromAsync(readEvents(pieces(bytes, cuts)));
const text = (value: string) => Buffer.from(value);

test.each([
  ['line feeds', 'data: a\n\ndata: b\n\n', ['a', 'b']],
  ['CR LF', 'data: a\r\n\r\ndata: b\r\n\r\n', ['a', 'b']],
  ['CR', 'data: a\r\rdata: b\r\r\n', ['a', 'b']],
  ['no space after the colon', 'data:a\n\n', ['a']],
  ['two data lines are one event', 'data: a\ndata: b\n\n', ['a\nb']],
  ['pings and other comments', ':\n\n: ping\n\ndata: a\n\n:\n\n', ['a']],
  ['fields that are not data', 'event: message\nid: 7\nretry: 10\ndata: a\n\n', ['a']],
  ['an event without data', 'event: ping\n\ndata: a\n\n', ['a']],
  ['an event that was not finished', 'data: a\n\ndata: b', ['a']],
  ['a byte order mark at the start', '\ufeffdata: a\n\n', ['a']],
])('%s', async (_what, stream, events) => {
  expect(await read(text(stream))).toEqual(events);
});

test('guardrails 35: the same events for every way to cut the bytes', async () => {
  const framings = fc.constantFrom('\n\n', '\r\n\r\n', '\n\n:\n\n', '\n\n: ping\n\n');
  const event = fc.tuple(
    fc.string({ unit: 'grapheme' }).filter((value) => !/[\r\n]/.test(value)),
    framings,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 20 }), async (events, cuts) => {
      const stream = text(events.map(([data, framing]) => `data: ${JSON.stringify(data)}${framing}`).join(''));
      expect(await read(stream, cuts)).toEqual(events.map(([data]) => JSON.stringify(data)));
    }),
  );
});

describe('refuses', () => {
  test.each<[string, Uint8Array]>([
    ['invalid UTF-8', Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x0a, 0x0a])],
    ['an event that is too large', text(`data: ${'a'.repeat(5 * 1024 * 1024)}`)],
    ['an error line', text('error: {"code":500}\n\n')],
  ])('%s', async (_what, stream) => {
    expect((await refusalOf(read(stream, [1000, 2000]))).code).toBe('upstream_error');
  });
});

test('what is written can be read', async () => {
  expect(await read(Buffer.concat([encodeEvent({ a: 'ü\n' }), encodeEvent('[DONE]')]))).toEqual([
    '{"a":"ü\\n"}',
    '[DONE]',
  ]);
});
