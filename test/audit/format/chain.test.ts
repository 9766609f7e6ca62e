import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatLine,
  GENESIS,
  hashLine,
  parseLine,
  readLines,
  segmentFirstSeq,
  segmentName,
} from '../../../src/audit/format/chain.ts';
import { anyText } from '../../support/any-text.ts';
import { chainOf, tempDir } from '../helpers.ts';

const position = { seq: 7, timestamp: '2026-01-02T03:04:05.678Z', instance: 'gate-1', prev: GENESIS };

describe('a line', () => {
  test('has the members in the promised order, and the hash that a shell gives it', () => {
    const line = formatLine(position, { requestId: 'r', event: 'inference.admitted', team: null });
    expect(line).toBe(
      `{"v":1,"seq":7,"timestamp":"2026-01-02T03:04:05.678Z","event":"inference.admitted","instance":"gate-1","requestId":"r","team":null,"prev":"${GENESIS}"}`,
    );
    // printf '%s' '<the line>' | sha256sum
    expect(hashLine(line)).toBe('d410b21292c7a4e406d372640f70cf847d15888edeaddfa5daade901ba6cc8d0');
    expect(parseLine(Buffer.from(line))).toMatchObject({ seq: 7, event: 'inference.admitted', prev: GENESIS });
  });

  test('may say nothing but its event', () => {
    expect(formatLine(position, { event: 'e' })).toBe(
      `{"v":1,"seq":7,"timestamp":"2026-01-02T03:04:05.678Z","event":"e","instance":"gate-1","prev":"${GENESIS}"}`,
    );
  });

  test('is one line, whatever is in it', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        const line = formatLine(position, { event: 'x', text });
        expect(line).not.toContain('\n');
        expect(parseLine(Buffer.from(line))).toMatchObject({
          text: text.toWellFormed() === text ? text : expect.any(String),
        });
      }),
    );
  });

  test.each([
    ['', 'not_json'],
    ['{"v":1,', 'not_json'],
    ['[]', 'not_a_record'],
    ['null', 'not_a_record'],
    [chainOf(1)[0]!.replace('"v":1', '"v":2'), 'not_a_record'],
    [chainOf(1)[0]!.replace('"seq":1', '"seq":0'), 'not_a_record'],
    [chainOf(1)[0]!.replace('"seq":1', '"seq":"1"'), 'not_a_record'],
    [chainOf(1)[0]!.replace('"event"', '"evend"'), 'not_a_record'],
    [chainOf(1)[0]!.replace(GENESIS, GENESIS.slice(1)), 'not_a_record'],
  ])('%j is none', (text, flaw) => expect(parseLine(Buffer.from(text))).toBe(flaw));
});

test('segments are named by their first record and found by their name', () => {
  expect(segmentName(1)).toBe('audit-000000000001.jsonl');
  expect(segmentFirstSeq(segmentName(1_234_567_890_123))).toBe(1_234_567_890_123);
  for (const name of ['audit-1.jsonl', 'audit-000000000001.jsonl.tmp', 'x.jsonl']) {
    expect(segmentFirstSeq(name)).toBeNull();
  }
});

test('lines are found wherever the reads end', async () => {
  const path = join(await tempDir(), 'lines');
  // Reads are of 1 MiB: lines of about that length end before, at and after every edge, and are longer than one.
  const lengths = fc.array(
    fc.oneof(fc.nat(40), fc.integer({ min: 1_048_570, max: 1_048_580 }), fc.constant(3_000_000)),
    {
      maxLength: 6,
    },
  );
  await fc.assert(
    fc.asyncProperty(lengths, fc.nat(20), async (sizes, tail) => {
      const texts = sizes.map((size, index) => String(index % 10).repeat(size));
      const rest = 'x'.repeat(tail);
      await writeFile(path, texts.map((text) => `${text}\n`).join('') + rest);
      const found: string[] = [];
      let torn = '';
      for await (const read of readLines(path)) {
        found.push(...read.lines.map(String));
        torn = String(read.torn ?? '');
      }
      expect(found.map((line) => hashLine(line))).toEqual(texts.map((text) => hashLine(text)));
      expect(torn).toBe(rest);
    }),
    { numRuns: 30 },
  );
});
