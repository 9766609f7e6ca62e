/**
 * Settles as a promise does, or rejects with the reason of a signal that is aborted first. The promise itself goes on;
 * what it rejects with after that is nobody's business.
 */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}

/** Waits for a promise that never rejects, but for so many milliseconds at most. */
export async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  const enough = new AbortController();
  const late = setTimeout(() => enough.abort(), ms);
  await unlessAborted(promise, enough.signal).catch(() => {});
  clearTimeout(late);
}
