import { createPrivateKey, createPublicKey, hash, sign } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { onTestFinished } from 'vitest';
import { type AuditFields, formatLine, GENESIS, hashLine } from '../../src/audit/format/chain.ts';
import { type AuditLog, type AuditLogOptions, openAuditLog } from '../../src/audit/log.ts';
import { type AuditFile, type AuditFs, NODE_FS } from '../../src/audit/writer/disk.ts';
import { signerOf } from '../../src/audit/writer/signing-key.ts';

export async function tempDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'sallyport-audit-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** The key of RFC 8032 §7.1, test 1, in PKCS#8 (RFC 8410 §7): known to everyone. */
export const PRIVATE_KEY = createPrivateKey({
  key: Buffer.from(
    '302e020100300506032b6570042204209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'hex',
  ),
  format: 'der',
  type: 'pkcs8',
});
export const PUBLIC_KEY = createPublicKey(PRIVATE_KEY);
export const signer = signerOf(PRIVATE_KEY);

/** A file with {@link PUBLIC_KEY}, for the length of a test. */
export async function publicKeyFile(): Promise<string> {
  const file = join(await tempDir(), 'key.pub.pem');
  await writeFile(file, PUBLIC_KEY.export({ type: 'spki', format: 'pem' }));
  return file;
}

export const options = (dir: string, more: Partial<AuditLogOptions> = {}): AuditLogOptions => ({
  dir,
  instance: 'gate-1',
  durability: 'fsync',
  signer,
  checkpointEveryRecords: 1000,
  checkpointEveryMs: 60_000,
  retainDays: null,
  ...more,
});

export async function withLog(
  dir: string,
  more: Partial<AuditLogOptions>,
  use: (log: AuditLog) => Promise<unknown>,
): Promise<void> {
  const log = await openAuditLog(options(dir, more));
  try {
    await use(log);
  } finally {
    await log.close();
  }
}

/** A sound chain of `count` lines, beginning at `firstSeq`. */
export const chainOf = (count: number, firstSeq = 1, prev = GENESIS): string[] =>
  extend([], count, (seq) => ({ event: 'test.event', text: `record ${seq}` }), firstSeq, prev);

/** Adds lines to a chain as a gateway would. */
export function extend(
  chain: readonly string[],
  count: number,
  say: (seq: number, prev: string) => AuditFields,
  firstSeq = 1,
  prev = GENESIS,
): string[] {
  const lines = [...chain];
  for (let added = 0; added < count; added++) {
    const seq = firstSeq + lines.length;
    const before = lines.length > 0 ? hashLine(lines.at(-1)!) : prev;
    const position = {
      seq,
      timestamp: new Date(1_700_000_000_000 + seq).toISOString(),
      instance: 'gate-1',
      prev: before,
    };
    lines.push(formatLine(position, say(seq, before)));
  }
  return lines;
}

/** What a checkpoint says, made by the letter of the format and without the writer. */
export function checkpointFields(size: number, head: string, key = PRIVATE_KEY): AuditFields {
  const origin = hash('sha256', createPublicKey(key).export({ type: 'spki', format: 'der' }), 'hex');
  const text = `sallyport audit checkpoint v1\n${origin}\n${size}\n${head}\n`;
  const signature = sign(null, Buffer.from(text), key).toString('base64');
  return { event: 'audit.checkpoint', origin, size, head, keyId: origin.slice(0, 16), signature };
}

export const segmentsOf = async (dir: string): Promise<string[]> =>
  (await readdir(dir)).filter((name) => name.endsWith('.jsonl')).sort();

export async function recordsOf(dir: string): Promise<Record<string, unknown>[]> {
  const texts = await Promise.all((await segmentsOf(dir)).map((name) => readFile(join(dir, name), 'utf8')));
  const lines = texts.join('').split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line));
}

/** What was appended: all but the checkpoints, which the log adds by itself. */
export const saidIn = async (dir: string): Promise<Record<string, unknown>[]> =>
  (await recordsOf(dir)).filter(({ event }) => event !== 'audit.checkpoint');

export type Operation = 'open' | 'write' | 'datasync' | 'truncate' | 'unlink' | 'syncDir';
/** `short`: half of the bytes, and no error. `torn`: half of the bytes, and then an error. */
export type Fate = 'ok' | 'fail' | 'short' | 'torn';

const failure = (code: string) => Object.assign(new Error(`${code}: made to fail`), { code });

/** The real file system, save for what `fate` makes of each call, and for syncs, which are only remembered. */
export class FaultyFs implements AuditFs {
  readonly calls: string[] = [];
  /** By file: the bytes that a power cut could not take. */
  readonly durable = new Map<string, number>();
  fate: (operation: Operation, path: string) => Fate;
  /** Syncs wait for it. */
  held: Promise<void> | null = null;
  #descriptors = 0;

  constructor(fate: (operation: Operation, path: string) => Fate = () => 'ok') {
    this.fate = fate;
  }

  #call(operation: Operation, path: string, descriptor?: number): Fate {
    this.calls.push(descriptor === undefined ? operation : `${operation}#${descriptor}`);
    const fate = this.fate(operation, path);
    if (fate === 'fail') throw failure(operation === 'write' || operation === 'open' ? 'ENOSPC' : 'EIO');
    return fate;
  }

  async open(path: string, flags: 'w' | 'r+', mode: number): Promise<AuditFile> {
    this.#call('open', path);
    const file = await NODE_FS.open(path, flags, mode);
    const descriptor = ++this.#descriptors;
    let length = flags === 'w' ? 0 : (this.durable.get(path) ?? 0);
    if (flags === 'w') this.durable.set(path, 0);
    return {
      write: async (buffer, offset, wanted, position) => {
        const fate = this.#call('write', path, descriptor);
        const part = fate === 'ok' || wanted < 2 ? wanted : wanted >> 1;
        const written = await file.write(buffer, offset, part, position);
        length = Math.max(length, position + part);
        if (fate === 'torn') throw failure('ENOSPC');
        return written;
      },
      datasync: async () => {
        await this.held;
        this.#call('datasync', path, descriptor);
        this.durable.set(path, length);
      },
      truncate: async (size) => {
        this.#call('truncate', path, descriptor);
        await file.truncate(size);
        length = size ?? 0;
        this.durable.set(path, Math.min(this.durable.get(path) ?? 0, length));
      },
      close: () => file.close(),
    };
  }

  async unlink(path: string): Promise<void> {
    this.#call('unlink', path);
    await NODE_FS.unlink(path);
  }

  async syncDir(dir: string): Promise<void> {
    this.#call('syncDir', dir);
  }
}

/** Holds a property against forty samples of what is given: each of them verifies a log, or several. */
export const check = <Values extends unknown[]>(
  given: { [Index in keyof Values]: fc.Arbitrary<Values[Index]> },
  holds: (...values: Values) => Promise<void>,
) =>
  fc.assert(
    fc.asyncProperty(fc.tuple<Values>(...given), (values) => holds(...values)),
    { numRuns: 40 },
  );
