/**
 * A witness: keeps every checkpoint that a log has shown it, with its own signature and the time, so that whoever holds
 * the key of the log can neither take one back nor tell anyone another story. Its directory has one file for each log,
 * `<origin>.jsonl`, their list in `origins.json`, and `refused.jsonl`.
 */
import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Fault } from '../../core/fault.ts';
import { makePrivateDir } from '../../core/files.ts';
import { type AuditRecord, FORMAT_VERSION, parseLine } from '../format/chain.ts';
import { CHECKPOINT_EVENT, type Checkpoint, originOf, type PublicKeys, readCheckpoint } from '../format/checkpoint.ts';
import { WITNESSED_EVENT, type Witnessed, witnessedBytes } from '../format/cosignature.ts';
import { type DirLock, lockDir } from '../writer/lock.ts';
import { type Entry, readEntry } from './entry.ts';
import { History } from './history.ts';
import { openOrigins } from './origins.ts';
import { type Conflict, openRefusals } from './refusals.ts';
import type { Refusal } from './rule.ts';

export interface WitnessOptions {
  /** Made if it is missing; one witness at a time. */
  readonly dir: string;
  /** The witness's own, Ed25519. */
  readonly privateKey: KeyObject;
  /** The keys of the logs that it is a witness for. */
  readonly logKeys: PublicKeys;
  /** Is told of every refusal. */
  readonly onRefusal: (conflict: Conflict) => void;
  readonly now?: () => Date;
}

/** What a witness says to a checkpoint. */
export type Answer =
  | { readonly code: 'witnessed'; readonly line: string }
  | { readonly code: 'malformed_checkpoint' | 'unknown_log' | 'bad_signature' | Refusal; readonly message: string };

export interface Witness {
  /** Names it, by its key: as `origin` does a log. */
  readonly id: string;
  /**
   * Judges a checkpoint record and puts its name to it. `witnessed` MUST NOT be said before it is on stable storage.
   * The same checkpoint again gets the same line again.
   * @param record the line as it stands in the log, without its newline
   * @throws whatever the file system throws: then it is not part of the history
   */
  submit(record: Buffer): Promise<Answer>;
  /** The newest line of a log; null if there is none. */
  latest(origin: string): string | null;
  /** All lines of a log; null if it is not known. */
  history(origin: string): Readable | null;
  /** Whether it can still keep what it is given. */
  readonly healthy: boolean;
  /** Finishes what has been submitted, and releases the directory. */
  close(): Promise<void>;
}

/** A log, and what has been submitted for it and is not finished. */
interface Known {
  readonly history: History;
  last: Promise<unknown>;
}

/**
 * @throws Fault `witness_dir_in_use`, `witness_state_damaged` (exit code 1), `audit_dir_path_too_long`,
 * `audit_dir_unlockable`
 */
export async function openWitness(options: WitnessOptions): Promise<Witness> {
  const { dir, privateKey, logKeys, onRefusal, now = () => new Date() } = options;
  const id = originOf(createPublicKey(privateKey));
  await makePrivateDir(dir);
  await using opening = new AsyncDisposableStack();
  const lock = await take(dir);
  opening.defer(() => lock.release());
  const refusals = await openRefusals(join(dir, 'refused.jsonl'));
  const origins = await openOrigins(join(dir, 'origins.json'));
  const logs = new Map<string, Known>();
  for (const origin of logKeys.keys()) {
    const path = join(dir, `${origin}.jsonl`);
    const history = await History.open(path, (newest) => {
      if (newest === null ? origins.has(origin) : !isOf(origin, newest, logKeys)) throw damaged(path);
    });
    opening.defer(() => history.close());
    if (history.newest) await origins.add(origin);
    logs.set(origin, { history, last: Promise.resolve() });
  }

  const judged = async (history: History, checkpoint: Checkpoint): Promise<Answer> => {
    const { verdict, by } = await history.judge(checkpoint);
    if (verdict !== 'new' && verdict !== 'known') {
      const conflict = { reason: verdict, offered: checkpoint, known: by! };
      onRefusal(conflict);
      await refusals.keep(conflict, now());
      return { code: verdict, message: explain(conflict) };
    }
    const line = verdict === 'known' ? by!.line : witnessedLine(checkpoint, id, privateKey, now());
    if (verdict === 'new') await history.append(readEntry(line)!);
    await origins.add(checkpoint.origin);
    return { code: 'witnessed', line };
  };

  const opened = opening.move();
  return {
    id,
    async submit(record) {
      const checkpoint = read(record, logKeys);
      if ('code' in checkpoint) return checkpoint;
      const log = logs.get(checkpoint.origin)!;
      // One after the other: each is judged by all before it.
      const answer = log.last.then(() => judged(log.history, checkpoint));
      log.last = answer.catch(() => {});
      return answer;
    },
    latest: (origin) => logs.get(origin)?.history.newest?.line ?? null,
    history: (origin) => logs.get(origin)?.history.stream() ?? null,
    get healthy() {
      return [...logs.values()].every(({ history }) => history.broken === null);
    },
    async close() {
      await Promise.all([...logs.values()].map(({ last }) => last));
      await opened.disposeAsync();
    },
  };
}

async function take(dir: string): Promise<DirLock> {
  try {
    return await lockDir(dir);
  } catch (error) {
    if (!(error instanceof Fault && error.code === 'audit_dir_in_use')) throw error;
    throw new Fault('witness_dir_in_use', `Another process uses ${dir}. Stop it first, or name another directory.`);
  }
}

function isOf(origin: string, newest: Entry, keys: PublicKeys): boolean {
  const checkpoint = readCheckpoint(JSON.parse(newest.line), keys);
  return typeof checkpoint !== 'string' && checkpoint.origin === origin;
}

const damaged = (path: string): Fault =>
  new Fault(
    'witness_state_damaged',
    `${path} is missing or empty, though this witness has kept checkpoints in it, or its last line is none that this log has signed. Keep the directory as it is: it is evidence. Restore the file from a backup.`,
    { exitCode: 1 },
  );

/** The checkpoint that a record makes, or what is wrong with it. */
function read(line: Buffer, keys: PublicKeys): Checkpoint | Exclude<Answer, { code: 'witnessed' }> {
  const record: AuditRecord | string = parseLine(line);
  const malformed = typeof record === 'string' || record.event !== CHECKPOINT_EVENT || !readEntry(line.toString());
  if (malformed) return { code: 'malformed_checkpoint', message: 'The body is not the line of an audit.checkpoint.' };
  if (!keys.has(String(record['origin'])))
    return { code: 'unknown_log', message: 'This witness has not been given the key of that log.' };
  const checkpoint = readCheckpoint(record, keys);
  if (typeof checkpoint !== 'string') return checkpoint;
  return { code: 'bad_signature', message: `This checkpoint ${checkpoint}.` };
}

function witnessedLine(checkpoint: Checkpoint, witness: string, privateKey: KeyObject, now: Date): string {
  const { origin, size, head, keyId, signature } = checkpoint;
  const witnessedAt = now.toISOString();
  const witnessSignature = sign(null, witnessedBytes(checkpoint, witnessedAt), privateKey).toString('base64');
  const own = { origin, size, head, keyId, signature, witness, witnessedAt, witnessSignature } satisfies Witnessed;
  return JSON.stringify({ v: FORMAT_VERSION, event: WITNESSED_EVENT, ...own });
}

/** What a refusal means, for people. */
export const explain = ({ reason, offered, known }: Conflict): string =>
  reason === 'witness_forked'
    ? `Log ${offered.keyId} has shown another head for size ${offered.size} before: it was forked or rewritten.`
    : `Log ${offered.keyId} has shown size ${known.size} before, and now a smaller one that is not known, ${offered.size}: it was rolled back.`;
