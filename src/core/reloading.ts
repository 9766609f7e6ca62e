/** Values read from files that others replace while the gateway runs: by rename, symlink swap or overwriting. */
import { stat } from 'node:fs/promises';
import { Fault } from './fault.ts';

export interface Reloading<T> {
  /** The newest value that could be read. */
  current(): T;
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
  } catch {
    return 'absent';
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

  const poll = async () => {
    const sight = await look();
    if (closed || (sight === seen && failures === 0)) return;
    seen = sight;
    try {
      const before = value;
      const after = await load();
      if (closed) return;
      value = after;
      failures = 0;
      said = null;
      if (after !== before) onChange?.(before, after);
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
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}
