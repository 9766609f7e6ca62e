/** Values read from files that others replace while the gateway runs: by rename, symlink swap or overwriting. */
import { stat } from 'node:fs/promises';
import { Fault } from './fault.ts';
import { errnoOf } from './files.ts';

export interface Reloading<T> {
  /** The newest value that could be read. */
  current(): T;
  /** When the last look began that found the value to be the newest, in milliseconds since 1970. */
  lookedAt(): number;
  /** Stops looking at the files. */
  close(): void;
}

export interface ReloadingOptions<T> {
  /** Called after `current()` has become `after`; not if `load` returned the same value again. */
  readonly onChange?: (before: T, after: T) => void;
  /** Called once for each new reason why the files cannot be used. The value before stays in force. */
  readonly onAlarm: (fault: Fault) => void;
  /** How often the files are looked at, in milliseconds. */
  readonly everyMs?: number;
  /**
   * How many further looks a failure must outlast before the alarm. For files that belong together and that most tools
   * replace one after the other: in between, they are not broken, only not yet whole.
   */
  readonly patience?: number;
}

/** Changes with anything that is done to the file a path leads to, in whatever way it got there. */
async function fingerprint(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  } catch (error) {
    // That it cannot be reached any more is not the same as that there is none.
    return errnoOf(error) ?? 'absent';
  }
}

/**
 * Loads a value, and loads it again whenever one of its files has changed. The files are polled with `stat`, because
 * change events do not cross network file systems and follow no symlinks. A failed load is tried again at every poll:
 * the file may have been half written, and nobody will touch it twice to have a revocation noticed.
 *
 * Rejects with whatever the first load throws.
 */
export async function reloading<T>(
  files: readonly string[],
  load: () => Promise<T>,
  { onChange, onAlarm, everyMs = 250, patience = 0 }: ReloadingOptions<T>,
): Promise<Reloading<T>> {
  const look = async () => (await Promise.all(files.map(fingerprint))).join('|');
  // Taken before the files are read, here and below: a change in between is then seen at the next poll.
  let seen = await look();
  let value = await load();
  let failures = 0;
  /** What was said of the failure that lasts. */
  let said: string | null = null;
  let closed = false;

  let lookedAt = Date.now();

  const poll = async () => {
    const began = Date.now();
    const sight = await look();
    if (closed) return;
    if (sight === seen && failures === 0) {
      lookedAt = began;
      return;
    }
    seen = sight;
    try {
      const before = value;
      const after = await load();
      if (closed) return;
      value = after;
      failures = 0;
      said = null;
      if (after !== before) onChange?.(before, after);
      // Not before: whoever hears of the change may ask how long it can have been there.
      lookedAt = began;
    } catch (error) {
      const fault = error instanceof Fault ? error : new Fault('reload_failed', String(error), { cause: error });
      failures += 1;
      if (failures <= patience || fault.message === said) return;
      said = fault.message;
      onAlarm(fault);
    }
  };

  const again = () =>
    setTimeout(async () => {
      await poll();
      if (!closed) timer = again();
    }, everyMs).unref();
  let timer = again();

  return {
    current: () => value,
    lookedAt: () => lookedAt,
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}
