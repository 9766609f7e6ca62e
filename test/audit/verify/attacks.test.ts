/**
 * Someone who holds every secret of the gateway makes logs in which nothing is wrong. What was kept elsewhere, out of
 * his reach, finds him out; what is meanwhile done without a key, the chain does.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashLine } from '../../../src/audit/format/chain.ts';
import { check, checkpointFields } from '../helpers.ts';
import {
  briefly,
  edit,
  type File,
  flat,
  type History,
  headOf,
  historyOf,
  isCheckpoint,
  lineOf,
  placeOf,
  plans,
  refill,
  resigned,
  seqOf,
  sizeOf,
  verifyFiles,
  WITNESS,
  witnessed,
} from './history.ts';

const fraction = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
/** One of the numbers from `from` to `to`. */
const pick = (part: number, from: number, to: number) => from + Math.floor(part * (to - from + 1));

/** Which checkpoints were kept: one in so many, from some on. */
const keeping = fc.record({ step: fc.integer({ min: 1, max: 4 }), from: fc.nat(3), byWitness: fc.boolean() });
type Keeping = typeof keeping extends fc.Arbitrary<infer Value> ? Value : never;
const keptOf = ({ checkpoints }: History, { step, from }: Keeping) => {
  const kept = checkpoints.filter((_, index) => index % step === from % step);
  return kept.length > 0 ? kept : checkpoints.slice(0, 1);
};
const verifyKept = (files: readonly File[], kept: readonly string[], { byWitness }: Keeping) =>
  byWitness
    ? verifyFiles(files, { kept: [kept.map((line) => witnessed(line))], witness: WITNESS })
    : verifyFiles(files, { kept: [kept] });

const firstSeqOf = (files: readonly File[]) => seqOf(files[0]!.lines[0]!);
const lastSeqOf = (files: readonly File[]) => firstSeqOf(files) + flat(files).length - 1;

/** What has to be said of a log whose chain is sound and that is another from record `from` on. */
function disagreements(files: readonly File[], kept: readonly string[], from: number): string[] {
  const [first, last] = [firstSeqOf(files), lastSeqOf(files)];
  const sizes = kept.map(sizeOf).sort((a, b) => a - b);
  const rewritten = sizes.find((size) => size >= from && size >= first && size <= last);
  const found = rewritten === undefined ? [] : [`rewritten ${placeOf(files, rewritten - first)}`];
  return sizes.at(-1)! > last ? [...found, `truncated ${placeOf(files, last - first)}`] : found;
}

/** The same files, rewritten from the record with this number on, and as many records longer. */
function rewrite({ files, ever }: History, from: number, longer = 0): File[] {
  const first = firstSeqOf(files);
  const lines = flat(files);
  const forged = lines[from - first]!.replace(/"instance":/, '"forged":true,"instance":');
  const rest = [forged, ...lines.slice(from - first + 1)];
  for (let index = 0; index < longer; index++)
    rest.push(ever.findLast((line) => line.includes(index % 3 ? 'test.event' : 'checkpoint'))!);
  const prev = from > 1 ? hashLine(ever[from - 2]!) : headOf([]);
  return refill(files, [...lines.slice(0, from - first), ...resigned(rest, from, prev)]);
}
/** Signed records that cannot be forged into something else by what {@link rewrite} does. */
const isPlain = (history: History, seq: number) => history.ever[seq - 1]!.includes('test.event');
const plainFrom = (history: History, part: number) => {
  const plain = flat(history.files)
    .map(seqOf)
    .filter((seq) => isPlain(history, seq));
  return plain[pick(part, 0, plain.length - 1)]!;
};

describe('a log that nobody touched', () => {
  test('agrees with whatever was kept of it, in any order, twice, and among other lines', () =>
    check(
      [plans, fc.array(fc.nat(100), { minLength: 1, maxLength: 12 }), fc.boolean()],
      async (plan, order, byWitness) => {
        const history = historyOf(plan);
        const kept = order.map((index) => history.checkpoints[index % history.checkpoints.length]!);
        const all = [history.ever, kept, kept.map((line) => witnessed(line)), ['', 'no JSON', '{"v":1}', kept[0]!]];
        const result = await verifyFiles(history.files, {
          kept: byWitness ? [all[2]!, [...all[0]!, ...all[2]!]] : all,
          ...(byWitness && { witness: WITNESS }),
        });
        expect(briefly(result)).toEqual([]);
        const newest = Math.max(...(byWitness ? kept : history.checkpoints).map(sizeOf));
        expect(result.kept).toMatchObject({ size: newest, purged: newest < firstSeqOf(history.files) });
      },
    ));

  test('agrees also as an older copy with what was kept until then', () =>
    check([plans, fraction], async (plan, part) => {
      const { ever, files, checkpoints, purge } = historyOf(plan);
      const lines = flat(files);
      const last = pick(part, Math.max(purge === null ? 0 : purge + 1, seqOf(checkpoints[0]!)), ever.length);
      const copy = refill(files, lines.slice(0, last - firstSeqOf(files) + 1));
      const kept = checkpoints.filter((line) => sizeOf(line) <= last);
      expect(briefly(await verifyFiles(copy, { kept: [kept] }))).toEqual([]);
    }));
});

describe('with every secret of the gateway, a forger makes a log in which nothing is wrong, and is found out if he', () => {
  /** The attack, as perfect as can be, is seen by what was kept alone. */
  async function exposed(files: readonly File[], kept: readonly string[], keeping: Keeping, expected: string[]) {
    expect(briefly(await verifyFiles(files))).toEqual([]);
    expect(briefly(await verifyKept(files, kept, keeping))).toEqual(expected);
  }

  test('cuts off the end, or puts back an older copy', () =>
    check([plans, fraction, keeping], async (plan, part, keeping) => {
      const history = historyOf(plan);
      const { files, purge } = history;
      const lines = flat(files);
      // Without any checkpoint it would be unsigned.
      const least = purge === null ? lines.findIndex(isCheckpoint) + 1 : purge + 2 - firstSeqOf(files);
      const cut = refill(files, lines.slice(0, pick(part, least, lines.length)));
      const kept = keptOf(history, keeping);
      await exposed(cut, kept, keeping, disagreements(cut, kept, Infinity));
    }));

  test('puts back a copy from before a purge', () =>
    check([plans, keeping], async (plan, keeping) => {
      const history = historyOf(plan);
      fc.pre(history.purge !== null);
      const older = [{ firstSeq: 1, lines: history.ever.slice(0, history.purge! - 1) }];
      fc.pre(flat(older).some(isCheckpoint));
      const kept = keptOf(history, keeping);
      await exposed(older, kept, keeping, disagreements(older, kept, Infinity));
    }));

  test('rewrites any record, and signs anew all that follow', () =>
    check([plans, fraction, keeping], async (plan, part, keeping) => {
      const history = historyOf(plan);
      const from = plainFrom(history, part);
      const forged = rewrite(history, from);
      const kept = keptOf(history, keeping);
      await exposed(forged, kept, keeping, disagreements(forged, kept, from));
    }));

  test('goes on with it, and has the newer checkpoints witnessed, too', () =>
    check([plans, fraction, keeping, fc.integer({ min: 1, max: 30 })], async (plan, part, keeping, longer) => {
      const history = historyOf(plan);
      const from = plainFrom(history, part);
      const forged = rewrite(history, from, longer);
      const newer = flat(forged).filter(
        (line) => line.includes('"audit.checkpoint"') && seqOf(line) > history.ever.length,
      );
      const kept = keptOf(history, keeping);
      await exposed(forged, [...newer, ...kept], keeping, disagreements(forged, kept, from));
    }));

  test('replaces the whole log, shorter or longer than it was', () =>
    check([plans, plans, keeping], async (plan, another, keeping) => {
      const kept = keptOf(historyOf(plan), keeping);
      const { files } = historyOf({ ...another, purged: 0 }, 'forged');
      await exposed(files, kept, keeping, disagreements(files, kept, 1));
    }));

  test('rewrites a record, signs anew, and declares purged what would give him away', () =>
    check([plans, fraction, fraction, keeping], async (plan, part, cut, keeping) => {
      const history = historyOf({ ...plan, purged: 0 });
      fc.pre(history.files.length > 1);
      const from = plainFrom(history, part);
      const forged = rewrite(history, from);
      const left = forged.slice(pick(cut, 1, forged.length - 1));
      const end = flat(forged);
      const toSeq = left[0]!.firstSeq - 1;
      const purge = lineOf(end.length + 1, headOf(end), {
        event: 'audit.purged',
        toSeq,
        head: hashLine(end[toSeq - 1]!),
      });
      const head = hashLine(purge);
      const sealed = lineOf(end.length + 2, head, checkpointFields(end.length + 1, head));
      const files = refill(left, [...flat(left), purge, sealed]);
      const kept = keptOf(history, keeping);
      // Of the last record that was purged, the head is known, and told.
      const last = kept.some((line) => sizeOf(line) === toSeq) && from <= toSeq;
      const found = disagreements(files, kept, from);
      await exposed(files, kept, keeping, last ? [`rewritten ${placeOf(files, 0)}`] : found);
    }));

  test('signs two different logs', () =>
    check([plans, keeping], async (plan, keeping) => {
      const history = historyOf(plan);
      const kept = history.checkpoints.at(-1)!;
      const size = sizeOf(kept);
      const head = 'ab'.repeat(32);
      const rogue = lineOf(size + 1, head, checkpointFields(size, head));
      const place = placeOf(history.files, size - firstSeqOf(history.files));
      const expected = size === firstSeqOf(history.files) - 1 ? [] : [`rewritten ${place}`];
      await exposed(history.files, [kept, rogue], keeping, expected);
    }));
});

describe('what is done to purges', () => {
  const purgedPlans = plans.map((plan) => ({ ...plan, purged: 1 })).filter((plan) => historyOf(plan).purge !== null);

  test('dropping the record of one leaves a log that lacks its beginning', () =>
    check([purgedPlans, keeping], async (plan, keeping) => {
      const history = historyOf(plan);
      const { files } = history;
      const at = history.purge! - firstSeqOf(files);
      const lines = flat(files);
      const rest = resigned(lines.slice(at + 1), history.purge!, headOf(lines.slice(0, at)));
      const forged = refill(files, [...lines.slice(0, at), ...rest]);
      const kept = keptOf(history, keeping);
      const missing = `missing ${placeOf(forged, 0)}`;
      expect(briefly(await verifyFiles(forged))).toEqual([missing]);
      expect(briefly(await verifyKept(forged, kept, keeping))).toEqual([
        missing,
        // Of a line that the chain has found out about, it has the last word.
        ...disagreements(
          forged,
          kept.filter((line) => sizeOf(line) !== firstSeqOf(forged)).concat(kept),
          history.purge!,
        ).filter((found) => found !== missing),
      ]);
    }));

  test.each<[string, (toSeq: number, head: string, seq: number) => { toSeq: number; head: string }, string[]]>([
    ['another head', (toSeq) => ({ toSeq, head: 'ab'.repeat(32) }), ['changed']],
    ['too few records', (toSeq) => ({ toSeq: toSeq - 1, head: 'ab'.repeat(32) }), ['missing']],
    ['more than there ever was', (_, head, seq) => ({ toSeq: seq + 5, head }), ['missing']],
  ])('forging one that names %s explains nothing', (_, say, kinds) =>
    check([plans, fraction], async (plan, part) => {
      const history = historyOf({ ...plan, purged: 0 });
      fc.pre(history.files.length > 1);
      const left = history.files.slice(pick(part, 1, history.files.length - 1));
      const seq = history.ever.length + 1;
      const toSeq = left[0]!.firstSeq - 1;
      const head = hashLine(history.ever[toSeq - 1]!);
      const purge = lineOf(seq, headOf(history.ever), { event: 'audit.purged', ...say(toSeq, head, seq) });
      const sealed = lineOf(seq + 1, hashLine(purge), checkpointFields(seq, hashLine(purge)));
      const files = refill(left, [...flat(left), purge, sealed]);
      expect(briefly(await verifyFiles(files))).toEqual(kinds.map((kind) => `${kind} ${placeOf(files, 0)}`));
    }),
  );

  test('one says which record was the last that it removed, and that must be the one that was signed', async () => {
    const { files, ever } = historyOf({ size: 30, every: 5, lengths: [10], purged: 1, newKeyAt: 99 });
    const signed = (head: string) => lineOf(11, head, checkpointFields(10, head));
    const verify = (head: string) => verifyFiles(files, { kept: [[signed(head)]] });
    const agreed = await verify(hashLine(ever[9]!));
    expect(agreed).toMatchObject({ faults: [], purgedTo: 10, kept: { compared: 1, size: 10, purged: true } });
    expect(briefly(await verify('ab'.repeat(32)))).toEqual([`rewritten ${placeOf(files, 0)}`]);
  });

  test('forging one without the key explains nothing', () =>
    check([plans, fraction], async (plan, part) => {
      const { files, ever } = historyOf({ ...plan, purged: 0 });
      fc.pre(files.length > 1);
      const left = files.slice(pick(part, 1, files.length - 1));
      fc.pre(flat(left).some(isCheckpoint));
      const toSeq = left[0]!.firstSeq - 1;
      const purge = { event: 'audit.purged', toSeq, head: hashLine(ever[toSeq - 1]!) };
      const forged = refill(left, [...flat(left), lineOf(ever.length + 1, headOf(ever), purge)]);
      expect(briefly(await verifyFiles(forged))).toEqual([`missing ${placeOf(forged, 0)}`]);
    }));
});

describe('without a key, and across files', () => {
  interface Act {
    readonly files: File[];
    /** Faults: the kinds of which one must be named, and the line in the whole log, from 0. */
    readonly at: number;
    readonly kinds: readonly string[];
    /** Lines that were added. */
    readonly grown: number;
  }
  /** Acts on a line `at`, with another line of the neighbourhood, `to`, not beside it. */
  const acts: Record<string, (files: readonly File[], at: number, to: number, part: number) => Act> = {
    'a byte is changed': (files, at, _, part) => {
      const flip = (line: string) => {
        const bytes = Buffer.from(line);
        const index = Math.floor(part * bytes.length);
        bytes[index] = bytes[index] === 0x23 ? 0x24 : 0x23;
        return [bytes.toString()];
      };
      return { files: edit(files, at, flip), at, kinds: ['changed', 'not_json', 'not_a_record'], grown: 0 };
    },
    'a line is removed': (files, at) => ({ files: edit(files, at, () => []), at, kinds: ['missing'], grown: -1 }),
    'a line is copied': (files, at, to) => {
      const copy = flat(files)[at]!;
      return { files: edit(files, to, (line) => [copy, line]), at: to, kinds: ['inserted'], grown: 1 };
    },
    'a line is made up': (files, at) => {
      const made = (line: string) => [line.replace('gate-1', 'gate-2'), line];
      return { files: edit(files, at, made), at, kinds: ['inserted'], grown: 1 };
    },
    'a line is moved': (files, at, to) => {
      const line = flat(files)[at]!;
      const taken = edit(files, at, () => []);
      const there =
        to > at ? edit(taken, to - 1, (before) => [before, line]) : edit(taken, to, (after) => [line, after]);
      return { files: there, at: to, kinds: ['reordered'], grown: 0 };
    },
  };
  const act = fc.constantFrom(...Object.keys(acts));
  const place = fc.tuple(fraction, fraction, fraction);
  const doing = (
    name: string,
    files: readonly File[],
    [a, b, c]: [number, number, number],
    from: number,
    to: number,
  ) => {
    const at = pick(a, from, to);
    const away = [...Array(to - from + 1).keys()]
      .map((index) => from + index)
      .filter((line) => Math.abs(line - at) > 1);
    return acts[name]!(files, at, away[pick(b, 0, away.length - 1)]!, c);
  };
  const named = (found: readonly string[], expected: readonly { kinds: readonly string[]; place: string }[]) => {
    expect(found.map((fault) => fault.slice(fault.indexOf(' ') + 1))).toEqual(expected.map(({ place }) => place));
    for (const [index, { kinds }] of expected.entries()) expect(kinds).toContain(found[index]!.split(' ')[0]);
  };
  /** Where the record of a purge stands, one act has two effects. */
  const unpurged = plans.map((plan) => ({ ...plan, purged: 0 }));

  test('two acts are both found and named, and nothing else', () =>
    check([unpurged, act, act, place, place], async (plan, one, two, here, there) => {
      const { files } = historyOf(plan);
      const lines = flat(files).length;
      const middle = Math.floor(lines / 2);
      const later = doing(two, files, there, middle + 2, lines - 4);
      const both = doing(one, later.files, here, 1, middle - 2);
      named(briefly(await verifyFiles(both.files)), [
        { kinds: both.kinds, place: placeOf(both.files, both.at) },
        { kinds: later.kinds, place: placeOf(both.files, later.at + both.grown) },
      ]);
    }));

  test('one is found in a log that was rewritten before, which is found, too', () =>
    check([unpurged, act, place, fraction, keeping], async (plan, name, there, part, keeping) => {
      const history = historyOf(plan);
      const kept = keptOf(history, keeping);
      const lines = history.ever.length;
      const middle = Math.floor(lines / 2);
      const early = history.ever
        .slice(0, middle - 2)
        .map(seqOf)
        .filter((seq) => isPlain(history, seq));
      const from = early[pick(part, 0, early.length - 1)]!;
      const done = doing(name, rewrite(history, from), there, middle + 2, lines - 4);
      const chain = { at: done.at, kinds: done.kinds };
      // Of a line that was tampered with, the chain speaks, and the next record that was kept of the rest; one that was
      // only moved says it itself.
      const moved = done.kinds.includes('reordered');
      const lineOfSeq = new Map<string | undefined, number>(
        flat(done.files).flatMap((line, index) =>
          index === done.at && !moved && !done.kinds.includes('missing')
            ? []
            : [[/"seq":(\d+),/.exec(line)?.[1], index]],
        ),
      );
      const sizes = kept.map(sizeOf).filter((size) => size >= from && size <= lines);
      const at = sizes.map((size) => lineOfSeq.get(String(size))).find((line) => line !== undefined);
      const expected = at === undefined ? [chain] : [chain, { at, kinds: ['rewritten'] }].sort((a, b) => a.at - b.at);
      const found = briefly(await verifyKept(done.files, kept, keeping));
      named(
        found,
        expected.map(({ at, kinds }) => ({ kinds, place: placeOf(done.files, at) })),
      );
    }));
});
