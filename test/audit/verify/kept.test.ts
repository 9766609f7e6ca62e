/** Checkpoints that were kept elsewhere: which lines count, what is said of them, and what that costs. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashLine } from '../../../src/audit/format/chain.ts';
import { originOf } from '../../../src/audit/format/checkpoint.ts';
import { Comparing } from '../../../src/audit/verify/compare.ts';
import { Claims, KeptCheckpoints } from '../../../src/audit/verify/kept.ts';
import type { VerifyProgress } from '../../../src/audit/verify/progress.ts';
import { verifyAudit } from '../../../src/audit/verify/verify.ts';
import { signerOf } from '../../../src/audit/writer/signing-key.ts';
import {
  checkpointFields,
  extend,
  PRIVATE_KEY,
  PUBLIC_KEY,
  recordsOf,
  segmentsOf,
  tempDir,
  withLog,
} from '../helpers.ts';
import { KEYS, lineOf, pem, STRANGER, seqOf, WITNESS, witnessed } from './history.ts';

const EVERY = 5;
const SIZE = 40;
const signedLog = (said: string, before: readonly string[] = [], size = SIZE) =>
  extend(before, size - before.length, (seq, prev) =>
    seq % EVERY === 0 ? checkpointFields(seq - 1, prev) : { event: 'test.event', text: `${said} ${seq}` },
  );
const LOG = signedLog('record');
const CHECKPOINTS = LOG.filter((line) => seqOf(line) % EVERY === 0);
/** A checkpoint as the log would have given it out, for what never was. */
const claim = (size: number, head: string, key = PRIVATE_KEY) =>
  lineOf(size + 1, head, checkpointFields(size, head, key));
const NEVER = 'ab'.repeat(32);

let dir: string;
let publicKeyFile: string;
let witnessKeyFile: string;
let files = 0;
const keep = async (...lines: readonly string[]) => {
  const file = join(dir, `kept-${++files}`);
  await writeFile(file, lines.map((line) => `${line}\n`).join(''));
  return file;
};
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-kept-'));
  publicKeyFile = await keep(pem(PRIVATE_KEY));
  witnessKeyFile = await keep(pem(WITNESS));
});
afterAll(() => rm(dir, { recursive: true }));

async function verify(log: readonly string[], kept: readonly string[], witness?: string) {
  const proof = { publicKeyFile, checkpointFiles: [await keep(...kept)], witnessKeyFile: witness };
  return verifyAudit([await keep(...log)], proof);
}
const brief = async (...given: Parameters<typeof verify>) =>
  (await verify(...given)).faults.map(({ kind, seq }) => `${kind} ${seq}`);

describe('a forged line raises no alarm', () => {
  const spoilt = (line: string) => line.replace(/"signature":"..../, '"signature":"AAAA');
  test.each<[string, string]>([
    ['of a record that is another', spoilt(claim(9, NEVER))],
    ['of more than there is', spoilt(claim(99, NEVER))],
    ['by another key', claim(9, NEVER, STRANGER)],
    [
      'by another key in the name of this one',
      claim(9, NEVER, STRANGER).replace(/"origin":".{64}"/, `"origin":"${originOf(PUBLIC_KEY)}"`),
    ],
    ['as a witness gave it out', witnessed(spoilt(claim(9, NEVER)))],
    ['of nothing', claim(0, NEVER)],
    ['without a head', claim(9, NEVER).replace(NEVER, 'no head')],
    ['of no version', claim(9, NEVER).replace('"v":1', '"v":2')],
    ['of another kind', claim(9, NEVER).replace('"audit.checkpoint"', '"other.checkpoint"')],
    ['that is too long', claim(9, NEVER).replace('{', `{${' '.repeat(5000)}`)],
  ])('%s', async (_, line) => {
    expect(await brief(LOG, [line, ...CHECKPOINTS, line])).toEqual([]);
  });

  test('but a true one does', async () => {
    expect(await brief(LOG, [claim(9, NEVER), ...CHECKPOINTS])).toEqual(['rewritten 9']);
    expect(await brief(LOG, [witnessed(claim(99, NEVER)), ...CHECKPOINTS])).toEqual(['truncated 41']);
  });
});

describe('with the key of a witness', () => {
  const kept = CHECKPOINTS.map((line) => witnessed(line));

  test('only what it has signed counts', async () => {
    const forged = [
      witnessed(claim(9, NEVER), STRANGER),
      witnessed(claim(9, NEVER)).replace(/"witnessSignature":"..../, '"witnessSignature":"AAAA'),
      witnessed(claim(9, NEVER)).replace('2026', '2025'),
      witnessed(claim(9, NEVER, STRANGER)),
      claim(9, NEVER),
    ];
    expect(await brief(LOG, [...kept, ...forged], witnessKeyFile)).toEqual([]);
    expect(await brief(LOG, [...kept, witnessed(claim(9, NEVER))], witnessKeyFile)).toEqual(['rewritten 9']);
    const some = await verify(LOG, [...kept.slice(0, 2), ...CHECKPOINTS], witnessKeyFile);
    expect(some.kept).toMatchObject({ compared: 2, size: 9 });
  });

  test('it is said when the newest was witnessed, and by whom', async () => {
    const later = witnessed(CHECKPOINTS[3]!, WITNESS, '2026-02-03T04:05:06.789Z');
    const { witness } = JSON.parse(later);
    const expected = { compared: 4, size: 19, purged: false, witness: witness.slice(0, 16) };
    expect((await verify(LOG, [...kept.slice(0, 3), later], witnessKeyFile)).kept).toEqual({
      ...expected,
      witnessedAt: '2026-02-03T04:05:06.789Z',
    });
    expect((await verify(LOG, [...kept.slice(0, 3), later])).kept).toEqual({
      ...expected,
      witness: null,
      witnessedAt: null,
    });
  });

  test('several witnesses may share a file of keys', async () => {
    const both = await keep(pem(STRANGER, WITNESS));
    const mixed = [witnessed(CHECKPOINTS[0]!, STRANGER), witnessed(CHECKPOINTS[1]!)];
    expect((await verify(LOG, mixed, both)).kept).toMatchObject({ compared: 2, size: 9 });
  });

  test.each<[string, string[]]>([
    ['as the log gave them out', CHECKPOINTS],
    ['of another witness', CHECKPOINTS.map((line) => witnessed(line, STRANGER))],
    ['with a signature of its that does not fit', kept.map((line) => line.replace('2026', '2025'))],
  ])('a file of checkpoints %s is refused', async (_, lines) => {
    await expect(verify(LOG, lines, witnessKeyFile)).rejects.toMatchObject({
      code: 'checkpoint_unusable',
      exitCode: 2,
    });
  });

  test('a key that cannot be used is refused', async () => {
    await expect(verify(LOG, kept, join(dir, 'nowhere'))).rejects.toMatchObject({ code: 'public_key_unusable' });
  });
});

describe('several files', () => {
  test('count together', async () => {
    const proof = {
      publicKeyFile,
      checkpointFiles: [await keep(CHECKPOINTS[0]!), await keep(...CHECKPOINTS.slice(0, 3))],
    };
    expect(await verifyAudit([await keep(...LOG)], proof)).toMatchObject({
      faults: [],
      kept: { compared: 3, size: 14 },
    });
  });

  test('must each hold something', async () => {
    const empty = await keep('no checkpoint');
    const refused = verifyAudit([await keep(...LOG)], {
      publicKeyFile,
      checkpointFiles: [await keep(...CHECKPOINTS), empty],
    });
    await expect(refused).rejects.toMatchObject({
      code: 'checkpoint_unusable',
      message: expect.stringContaining(empty),
    });
  });

  test('may hold what is not even lines', async () => {
    const huge = join(dir, 'huge');
    await writeFile(
      huge,
      Buffer.concat([Buffer.alloc(17 * 1024 * 1024, 'x'), Buffer.from(`\n${claim(9, NEVER)}\n${CHECKPOINTS[4]}`)]),
    );
    const { faults } = await verifyAudit([await keep(...LOG)], { publicKeyFile, checkpointFiles: [huge] });
    expect(faults).toMatchObject([{ kind: 'rewritten', seq: 9 }]);
  });
});

describe('what is said', () => {
  const forged = signedLog('forged', LOG.slice(0, 11));

  test('is where the log is another, since when, and how many say so', async () => {
    const { faults } = await verify(forged, CHECKPOINTS);
    expect(faults).toMatchObject([{ kind: 'rewritten', line: 14, seq: 14 }]);
    expect(faults[0]!.message).toBe(
      'Record 14 is not the one that a checkpoint that was kept elsewhere covers: it or one before it, after record 9, was replaced. So say 5 others.',
    );
    const [first] = (await verify(forged, CHECKPOINTS.slice(2, 4))).faults;
    expect(first!.message).toMatch(/: it or one before it was replaced\. So says 1 other\.$/);
  });

  test('counts each of them once, in however many files it is, and none that is forged', async () => {
    const noise = [claim(14, NEVER, STRANGER), claim(19, NEVER).replace(/"signature":"..../, '"signature":"AAAA')];
    const { faults } = await verify(forged, [...CHECKPOINTS, ...CHECKPOINTS.map((line) => witnessed(line)), ...noise]);
    expect(faults[0]!.message).toMatch(/So say 5 others\.$/);
  });

  test('is once for what was rewritten, and once for what was cut off', async () => {
    const { faults } = await verify(forged.slice(0, 22), CHECKPOINTS);
    expect(faults.map(({ kind, line, message }) => [kind, line, message.slice(-66)])).toEqual([
      ['rewritten', 14, 'it or one before it, after record 9, was replaced. So says 1 other.'.slice(-66)],
      ['truncated', 22, 'kept elsewhere covers 39: what followed was cut off. So say 3 others.'.slice(-66)],
    ]);
  });

  test('ends somewhere', async () => {
    const many = Array.from({ length: 1100 }, (_, index) => claim(100 + index, NEVER));
    const { faults } = await verify(LOG, many);
    expect(faults[0]!.message).toMatch(/covers 1199: what followed was cut off\. So say more than 1000 others\.$/);
  });
});

test('genuine lines that are strewn into a rewritten log do not speak for it', async () => {
  const forged = signedLog('forged', LOG.slice(0, 11));
  const covered = [14, 19, 24, 29, 34, 39].map((seq) => LOG[seq - 1]!);
  const found = await brief([...forged, ...covered], CHECKPOINTS);
  expect(found).toEqual(['rewritten 14', ...covered.map((line) => `inserted ${seqOf(line)}`)]);
  const strewn = forged.flatMap((line) =>
    covered.some((other) => seqOf(other) === seqOf(line)) ? [LOG[seqOf(line) - 1]!, line] : [line],
  );
  expect(await brief(strewn, CHECKPOINTS)).toContain('rewritten 14');
});

test('a log that was cut is not made longer by a line of what followed', async () => {
  const cut = LOG.slice(0, 20).toSpliced(5, 0, LOG[39]!);
  expect(await brief(cut, CHECKPOINTS)).toEqual(['inserted 40', 'truncated 21']);
});

test.each<[string, (lines: string[]) => string[], string[]]>([
  ['changed', (lines) => lines.with(13, lines[13]!.replace('forged', 'FORGED')), ['changed 14', 'rewritten 19']],
  ['missing', (lines) => lines.toSpliced(13, 1), ['missing 14', 'rewritten 19']],
  ['missing before it', (lines) => lines.toSpliced(12, 1), ['missing 13', 'rewritten 14']],
  ['moved', (lines) => lines.toSpliced(13, 1).toSpliced(30, 0, lines[13]!), ['rewritten 14', 'reordered 14']],
])('in a rewritten log a line that is %s does not keep the rest from being named', async (_, act, expected) => {
  const found = await brief(act(signedLog('forged', LOG.slice(0, 11))), CHECKPOINTS);
  expect(found.toSorted()).toEqual(expected.toSorted());
});

describe('of later files alone', () => {
  test('nobody expects that they hold what was signed before', async () => {
    const { startsLate, faults, kept } = await verify(LOG.slice(22), CHECKPOINTS);
    expect({ startsLate, faults, kept }).toMatchObject({
      startsLate: true,
      faults: [],
      kept: { compared: 4, size: 39 },
    });
  });

  test('but something they must', async () => {
    expect(await brief(LOG.slice(22), CHECKPOINTS.slice(0, 2))).toEqual(['missing 9']);
  });
});

test('a signature is checked only when something depends on it', () => {
  const claims = new Claims();
  for (const [index, line] of LOG.entries()) claims.add(index + 1, hashLine(line), index);
  let read = 0;
  const keys = { log: new Map([[originOf(PUBLIC_KEY), PUBLIC_KEY]]), witnesses: null };
  const kept = new KeptCheckpoints(
    claims,
    (place) => {
      read += 1;
      return JSON.parse(claim(place + 1, hashLine(LOG[place]!)));
    },
    keys,
  );
  const compare = (log: readonly string[]) => {
    read = 0;
    const comparing = new Comparing(kept, kept.newest()!.size);
    for (const [line, text] of log.entries()) {
      comparing.note({ record: JSON.parse(text), bytes: Buffer.from(text), hash: hashLine(text), line });
    }
    const extent = {
      firstSeq: 1,
      lastSeq: log.length,
      lines: log.length,
      purges: [],
      purgedTo: 0,
      named: new Set<number>(),
    };
    return comparing.result(extent);
  };
  expect(compare(LOG)).toMatchObject({ compared: SIZE, findings: [] });
  expect(read).toBe(1); // the newest
  expect(compare(signedLog('forged', LOG.slice(0, 37)))).toMatchObject({
    compared: SIZE,
    findings: [{ seq: 38 }],
  });
  expect(read).toBe(1 + 3 + 1); // those that disagree, and the one before
});

test('progress is told, and ends where the files end', async () => {
  const told: VerifyProgress[] = [];
  const file = await keep(...LOG.toSpliced(20, 1));
  const checkpointFile = await keep(...CHECKPOINTS);
  await verifyAudit([file], { publicKeyFile, checkpointFiles: [checkpointFile] }, (progress) => told.push(progress));
  const size = async (path: string) => (await readFile(path)).length;
  const log = { bytes: await size(file), totalBytes: await size(file), lines: SIZE - 1 };
  const checkpoints = { bytes: await size(checkpointFile), totalBytes: await size(checkpointFile), lines: 0 };
  expect(told).toEqual([
    { step: 'checkpoints', ...checkpoints },
    { step: 'log', ...log },
    { step: 'damage', ...log },
  ]);
});

test('a log of the gateway, with restarts, files of days, a purge and a second key, agrees with all it ever signed', async () => {
  const log = await tempDir();
  const kept = new Set<string>();
  const both = await keep(pem(...KEYS));
  const start = Date.parse('2026-01-01T12:00:00Z');
  for (let day = 0; day < 30; day += 3) {
    const now = () => new Date(start + day * 86_400_000);
    const signer = signerOf(KEYS[day < 15 ? 0 : 1]);
    const more = { now, signer, retainDays: 10, checkpointEveryRecords: 4, segmentBytes: 2000 };
    await withLog(log, more, async (writer) => {
      for (let nth = 0; nth < 11; nth++) await writer.append({ event: 'e', day, nth });
    });
    for (const name of await segmentsOf(log)) {
      const lines = (await readFile(join(log, name), 'utf8')).trimEnd().split('\n');
      for (const line of lines) if (line.includes('"audit.checkpoint"')) kept.add(line);
    }
    const proof = { publicKeyFile: both, checkpointFiles: [await keep(...kept)] };
    const { faults, kept: seen, signed } = await verifyAudit([log], proof);
    expect({ faults, size: seen!.size, purged: seen!.purged }).toEqual({
      faults: [],
      size: signed!.size,
      purged: false,
    });
    expect(seen!.compared).toBeGreaterThan(2);
  }
  expect((await recordsOf(log)).filter(({ event }) => event === 'audit.purged').length).toBeGreaterThan(1);
  expect(kept.size).toBeGreaterThan(30);
});
