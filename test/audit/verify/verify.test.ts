import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashLine, segmentName } from '../../../src/audit/format/chain.ts';
import type { Piece } from '../../../src/audit/verify/backbone.ts';
import { diagnose, type FaultKind } from '../../../src/audit/verify/diagnose.ts';
import { examine, MAX_JOINED } from '../../../src/audit/verify/examine.ts';
import { MAX_PIECES } from '../../../src/audit/verify/scan.ts';
import { verifyAudit } from '../../../src/audit/verify/verify.ts';
import { chainOf, check, tempDir } from '../helpers.ts';

const write = (path: string, lines: readonly string[]) => writeFile(path, lines.map((line) => `${line}\n`).join(''));

/** Spreads lines over segments of the given lengths; names each by its first line's place in the sound log. */
async function verifyLines(lines: readonly string[], lengths: readonly number[] = []): Promise<Named[]> {
  const dir = await mkdtemp(join(tmpdir(), 'sallyport-audit-'));
  try {
    const starts: number[] = [];
    let from = 0;
    for (const length of [...lengths, Infinity]) {
      if (from >= lines.length && from > 0) break;
      starts.push(from);
      await write(join(dir, segmentName(from + 1)), lines.slice(from, from + length));
      from += length;
    }
    const { faults } = await verifyAudit([dir]);
    return faults.map(({ file, line, kind, seq }) => {
      const start = starts.find((first) => file.endsWith(segmentName(first + 1)))!;
      return { kind, line: start + line, seq };
    });
  } finally {
    await rm(dir, { recursive: true });
  }
}
interface Named {
  readonly kind: string;
  /** In the whole log, from 1. */
  readonly line: number;
  readonly seq: number | undefined;
}

const lengths = fc.array(fc.integer({ min: 1, max: 15 }), { maxLength: 3 });
const SIZE = 24;
const LOG = chainOf(SIZE);
const at = (seq: number) => LOG[seq - 1]!;

describe('a log that nobody touched', () => {
  test('has no fault, however it is split and however long', () =>
    check([fc.nat(60), lengths], async (size: number, split: number[]) => {
      expect(await verifyLines(chainOf(size), split)).toEqual([]);
    }));

  test('is described', async () => {
    const dir = await tempDir();
    await write(join(dir, segmentName(1)), LOG.slice(0, 10));
    await write(join(dir, segmentName(11)), LOG.slice(10));
    const head = hashLine(at(SIZE));
    const extent = { records: SIZE, segments: 2, head, firstSeq: 1, lastSeq: SIZE, startsLate: false };
    const whole = { ...extent, purgedTo: null, signed: null, kept: null, faults: [] };
    expect(await verifyAudit([dir])).toEqual(whole);
    const [first, second] = [join(dir, segmentName(1)), join(dir, segmentName(11))];
    expect(await verifyAudit([second, first, dir])).toEqual(whole);
    expect(await verifyAudit([second])).toMatchObject({ firstSeq: 11, startsLate: true, faults: [] });
    expect(await verifyAudit([first])).toMatchObject({ lastSeq: 10, startsLate: false, faults: [] });
  });

  test('may be a copy under another name', async () => {
    const copy = join(await tempDir(), 'copy.txt');
    await write(copy, LOG.slice(4));
    expect(await verifyAudit([copy])).toMatchObject({ firstSeq: 5, startsLate: true, faults: [] });
    await writeFile(copy, '');
    expect(await verifyAudit([copy])).toMatchObject({ records: 0, head: null, faults: [] });
  });

  test('may be written meanwhile', async () => {
    const dir = await tempDir();
    const path = join(dir, segmentName(1));
    await write(path, LOG);
    await appendFile(path, '{"v":1,');
    expect((await verifyAudit([dir])).faults).toMatchObject([{ kind: 'torn', line: SIZE + 1 }]);
  });
});

describe('one act of tampering is found and named', () => {
  const inside = fc.integer({ min: 1, max: SIZE - 1 });

  const edits: Record<string, (line: string) => string> = {
    'its text': (line) => line.replace('record', 'Record'),
    'its event': (line) => line.replace('test.event', 'tast.event'),
    'its prev': (line) =>
      line.replace(/"prev":"../, '"prev":"xx'.replace('xx', line.includes('"prev":"ab') ? 'cd' : 'ab')),
    'its seq': (line) => line.replace(/"seq":\d+/, '"seq":999'),
    'its seq, to one that is taken': (line) =>
      line.replace(/"seq":\d+/, '"seq":1').replace('"seq":1,', '"seq":1,"was":0,'),
    'a space': (line) => line.replace('{', '{ '),
  };
  test.each(Object.entries(edits))('changed: %s', (_, edit) =>
    check([inside, lengths], async (seq: number, split: number[]) => {
      expect(await verifyLines(LOG.with(seq - 1, edit(at(seq))), split)).toEqual([{ kind: 'changed', line: seq, seq }]);
    }),
  );

  test.each([
    ['not_json', 'no JSON'],
    ['not_json', ''],
    ['not_a_record', '{}'],
  ])('changed: to what is %s', (kind, line) =>
    check([fc.integer({ min: 1, max: SIZE - 1 }), lengths], async (seq: number, split: number[]) => {
      expect(await verifyLines(LOG.with(seq - 1, line), split)).toEqual([{ kind, line: seq, seq }]);
    }),
  );

  test('changed: several in a row', () =>
    check(
      [fc.integer({ min: 1, max: SIZE - 6 }), fc.integer({ min: 2, max: 5 })],
      async (seq: number, count: number) => {
        const lines = LOG.map((line, index) => (index >= seq - 1 && index < seq - 1 + count ? `{"x":${index}}` : line));
        expect(await verifyLines(lines)).toEqual(
          Array.from({ length: count }, (_, index) => ({ kind: 'not_a_record', line: seq + index, seq: seq + index })),
        );
      },
    ));

  test('changed: to a copy of a line elsewhere', () =>
    check([inside, inside, lengths], async (seq: number, other: number, split: number[]) => {
      // A copy of the next line looks as if the line were missing and the next one there twice.
      fc.pre(other !== seq && other !== seq + 1);
      expect(await verifyLines(LOG.with(seq - 1, at(other)), split)).toEqual([{ kind: 'changed', line: seq, seq }]);
    }));

  test('missing', () =>
    check([inside, fc.integer({ min: 1, max: 5 }), lengths], async (seq: number, count: number, split: number[]) => {
      fc.pre(seq + count <= SIZE);
      expect(await verifyLines(LOG.toSpliced(seq - 1, count), split)).toEqual([{ kind: 'missing', line: seq, seq }]);
    }));

  const strange: Record<string, (before: number, any: number) => string> = {
    'of another log': (_, any) => chainOf(SIZE, 1, 'a'.repeat(64))[any - 1]!,
    'that is not JSON': () => 'no JSON',
    'that is empty': () => '',
    'forged to follow the one before': (before) =>
      chainOf(1, before + 1, hashLine(at(before)))[0]!.replace('record', 'forged'),
    'with a number out of range': (_, any) => at(any).replace(/"seq":\d+/, '"seq":999'),
  };
  test.each(Object.entries(strange))('inserted: a line %s', (_, make) =>
    check([inside, inside, lengths], async (before: number, any: number, split: number[]) => {
      fc.pre(before < SIZE - 1); // of two that claim to be the last line, nobody vouches for either
      const found = await verifyLines(LOG.toSpliced(before, 0, make(before, any)), split);
      expect(found).toMatchObject([{ kind: 'inserted', line: before + 1 }]);
    }),
  );

  test('inserted: lines forged in a chain of their own', () =>
    check([inside, fc.integer({ min: 2, max: 6 })], async (before: number, count: number) => {
      const forged = chainOf(count, before + 1, hashLine(at(before))).map((line) => line.replace('record', 'forged'));
      // The first of them follows; the others follow each other only if they are chained as they are now.
      for (let index = 1; index < count; index++) {
        forged[index] = forged[index]!.replace(/"prev":".{64}"/, `"prev":"${hashLine(forged[index - 1]!)}"`);
      }
      fc.pre(count < SIZE - before);
      expect(await verifyLines(LOG.toSpliced(before, 0, ...forged))).toMatchObject([
        { kind: 'inserted', line: before + 1 },
      ]);
    }));

  test('inserted: a copy of a run of lines', () =>
    check(
      [inside, inside, fc.integer({ min: 1, max: 5 }), lengths],
      async (before: number, seq: number, count: number, split: number[]) => {
        const copy = LOG.slice(seq - 1, seq - 1 + count);
        const found = await verifyLines(LOG.toSpliced(before, 0, ...copy), split);
        const touching = before >= seq - 1 && before <= seq - 1 + copy.length;
        if (!touching) expect(found).toMatchObject([{ kind: 'inserted', line: before + 1, seq }]);
        // Of a copy beside its original nobody can say which lines are which: as many as were copied are named.
        expect(found.length).toBeGreaterThan(0);
        for (const { kind, line } of found) {
          expect(kind).toBe('inserted');
          expect(line).toBeGreaterThanOrEqual(Math.min(before + 1, seq));
          expect(line).toBeLessThanOrEqual(Math.max(before, seq) + 2 * copy.length);
        }
      },
    ));

  test('reordered: two lines', () =>
    check([inside, inside, lengths], async (a: number, b: number, split: number[]) => {
      fc.pre(a !== b);
      const found = await verifyLines(LOG.with(a - 1, at(b)).with(b - 1, at(a)), split);
      expect(found.length).toBeGreaterThan(0);
      for (const { kind, line } of found) {
        expect(kind).toBe('reordered');
        expect(line).toBeGreaterThanOrEqual(Math.min(a, b));
        expect(line).toBeLessThanOrEqual(Math.max(a, b));
      }
    }));

  test('reordered: a line that was moved far is the one that is named', () =>
    check([inside, inside, lengths], async (from: number, to: number, split: number[]) => {
      fc.pre(Math.abs(from - to) > 1);
      const lines = LOG.toSpliced(from - 1, 1).toSpliced(to - 1, 0, at(from));
      expect(await verifyLines(lines, split)).toEqual([{ kind: 'reordered', line: to, seq: from }]);
    }));

  test('reordered: files that swapped their names', async () => {
    const dir = await tempDir();
    await write(join(dir, segmentName(1)), LOG.slice(0, 8));
    await write(join(dir, segmentName(9)), LOG.slice(16));
    await write(join(dir, segmentName(17)), LOG.slice(8, 16));
    expect((await verifyAudit([dir])).faults).toMatchObject([{ kind: 'reordered' }]);
  });

  test('torn: a file that lost its last bytes, if others follow', () =>
    check(
      [fc.integer({ min: 1, max: SIZE - 1 }), fc.integer({ min: 1, max: 200 })],
      async (length: number, cut: number) => {
        const dir = await mkdtemp(join(tmpdir(), 'sallyport-audit-'));
        try {
          const text = LOG.slice(0, length)
            .map((line) => `${line}\n`)
            .join('');
          fc.pre(cut <= at(length).length);
          await writeFile(join(dir, segmentName(1)), text.slice(0, -cut));
          await write(join(dir, segmentName(length + 1)), LOG.slice(length));
          const { faults } = await verifyAudit([dir]);
          expect(faults).toMatchObject([{ kind: 'torn', line: length, seq: length, file: join(dir, segmentName(1)) }]);
        } finally {
          await rm(dir, { recursive: true });
        }
      },
    ));

  test('at the ends, as far as it can be seen', async () => {
    // The first line has something to follow by its number alone; the last one is named by nobody.
    expect(await verifyLines(LOG.slice(1))).toEqual([{ kind: 'missing', line: 1, seq: 1 }]);
    const foreign = chainOf(3, 1, 'a'.repeat(64));
    expect(await verifyLines(foreign)).toEqual([{ kind: 'changed', line: 1, seq: 1 }]);
    expect(await verifyLines([...LOG, 'garbage'])).toMatchObject([{ kind: 'not_json', line: SIZE + 1 }]);
    expect(await verifyLines([...LOG, at(3)])).toMatchObject([{ kind: 'inserted', line: SIZE + 1 }]);
    expect(await verifyLines(LOG.with(SIZE - 1, edits['its seq']!(at(SIZE))))).toEqual([
      { kind: 'changed', line: SIZE, seq: SIZE },
    ]);
    const lastPrev = await verifyLines(LOG.with(SIZE - 1, edits['its prev']!(at(SIZE))));
    expect(lastPrev).toEqual([{ kind: 'changed', line: SIZE - 1, seq: SIZE - 1 }]);
  });
});

test('several acts of tampering are all found', async () => {
  const lines = chainOf(60);
  const tampered = [
    ...lines.slice(0, 9),
    lines[9]!.replace('record', 'Record'),
    ...lines.slice(10, 20),
    ...lines.slice(22, 30),
    'inserted',
    ...lines.slice(30, 40),
    ...lines.slice(41, 50),
    lines[40]!,
    ...lines.slice(50),
  ];
  expect(await verifyLines(tampered)).toMatchObject([
    { kind: 'changed', line: 10, seq: 10 },
    { kind: 'missing', line: 21, seq: 21 },
    { kind: 'inserted', line: 29 },
    { kind: 'reordered', line: 49, seq: 41 },
  ]);
});

test('any damage whatever gives a fault: no false peace', () =>
  check(
    [fc.integer({ min: 0, max: SIZE - 2 }), fc.nat(1000), fc.integer({ min: 1, max: 255 })],
    async (index: number, place: number, flip: number) => {
      const bytes = Buffer.from(at(index + 1));
      bytes[place % bytes.length]! ^= flip;
      const dir = await mkdtemp(join(tmpdir(), 'sallyport-audit-'));
      try {
        const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
        const before = Buffer.from(text(LOG.slice(0, index)));
        await writeFile(
          join(dir, segmentName(1)),
          Buffer.concat([before, bytes, Buffer.from(`\n${text(LOG.slice(index + 1))}`)]),
        );
        const { faults } = await verifyAudit([dir]);
        const newline = bytes.includes(10);
        const kinds: FaultKind[] = ['changed', 'not_json', 'not_a_record'];
        expect(faults[0]).toMatchObject({ line: index + 1, seq: index + 1 });
        if (!newline) expect(faults).toHaveLength(1);
        expect(kinds).toContain(faults[0]!.kind);
      } finally {
        await rm(dir, { recursive: true });
      }
    },
  ));

test('no row of lines but the log itself is taken for one', () =>
  check(
    [fc.array(fc.tuple(fc.nat(SIZE - 1), fc.nat(6)), { minLength: 1, maxLength: 5 })],
    async (runs: [number, number][]) => {
      const lines = runs.flatMap(([from, length]) => LOG.slice(from, from + length + 1));
      const sound = lines.every((line, index) => line === LOG[index]);
      expect((await verifyLines(lines)).length === 0).toBe(sound);
    },
  ));

test('a log that is broken everywhere is given up on, at the right place', async () => {
  const lines = chainOf(5000).map((line, index) => (index < 100 ? line : line.replace('"seq":', '"seq":9')));
  const dir = await tempDir();
  await write(join(dir, segmentName(1)), lines);
  const { faults } = await verifyAudit([dir]);
  expect(faults[0]).toMatchObject({ kind: 'changed', line: 101 });
  expect(faults.at(-1)).toMatchObject({ kind: 'not_examined' });
});

describe('whoever wrote the file cannot make it take for ever:', () => {
  /** A log, every second line of it once more, and the whole log again and again. */
  const copies = (times: number) => [
    ...LOG.slice(0, 20),
    ...LOG.slice(0, 20).filter((_, index) => index % 2 === 0),
    ...Array.from({ length: times }, () => LOG.slice(0, 20)).flat(),
  ];
  const examined = async (lines: readonly string[]) => {
    const file = join(await tempDir(), segmentName(1));
    await write(file, lines);
    const { scan, notExamined } = await examine({ files: [file], whole: true }, null, undefined, undefined);
    return { pieces: scan.pieces.length, notExamined, faults: (await verifyAudit([file])).faults };
  };

  test('copies that can be joined anywhere are joined as far as that is little work', async () => {
    const few = await examined(copies(10));
    expect({ ...few, faults: few.faults.length }).toEqual({
      pieces: 20 + 10 + 10 * 20,
      notExamined: null,
      faults: 210,
    });
    for (const times of [300, 600]) {
      const { pieces, notExamined, faults } = await examined(copies(times));
      expect(pieces).toBeLessThanOrEqual(MAX_PIECES);
      expect(notExamined).toMatchObject({ line: MAX_JOINED, message: expect.stringContaining('so often') });
      expect(faults.map(({ kind }) => kind)).toEqual([...faults.slice(1).map(() => 'inserted'), 'not_examined']);
      expect(faults.length).toBeLessThanOrEqual(MAX_PIECES);
    }
  });

  test('a forged stretch is one fault, however long it is', async () => {
    const forged = chainOf(6, 1000, 'ab'.repeat(32));
    const { faults } = await examined([...LOG.slice(0, 8), ...forged, ...LOG.slice(14)]);
    const message = 'Records 9 to 14 were changed: what stands in their place does not belong to the log.';
    expect(faults).toMatchObject([{ kind: 'changed', line: 9, seq: 9, message }]);

    const piece = (start: number, lines: number, firstSeq: number, firstPrev: string): Piece => {
      return {
        start,
        lines,
        firstSeq,
        lastSeq: firstSeq + lines - 1,
        firstPrev,
        lastHash: `end of ${start}`,
        flaw: null,
      };
    };
    const long = [piece(0, 100, 1, ''), piece(100, 1e6, 1e9, 'x'), piece(1_000_100, 2e6, 1_000_101, 'y')];
    expect(diagnose(long, { lastSeq: 0, lastHash: '' }).findings).toMatchObject([{ line: 100, seq: 101 }]);
  });
});

test.each([
  [['/nowhere/at/all'], 'audit_unreadable'],
  [[tmpdir()], 'audit_not_found'],
])('%j cannot be verified', async (paths, code) => {
  const empty = await tempDir();
  const given = paths.map((path) => (path === tmpdir() ? empty : path));
  await expect(verifyAudit(given)).rejects.toMatchObject({ code, exitCode: 2 });
});
