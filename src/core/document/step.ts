import type { SharedDocument } from './document.ts';

/**
 * Changes a document and returns what came of it beside the document: of the attempt that was stored, because others may
 * come between and make it begin anew.
 * @param step    what is to be stored, and what is returned
 * @param signal  once it is aborted nothing is stored any more: who asked may have lost the right to, waiting for his turn
 * @throws the reason of the signal, what `step` throws, and as `SharedDocument.change`
 */
export async function changing<T, Result>(
  document: Pick<SharedDocument<T>, 'change'>,
  step: (value: T) => readonly [after: T, result: Result],
  signal?: AbortSignal,
): Promise<Result> {
  let last: readonly [T, Result] | undefined;
  await document.change((value) => {
    signal?.throwIfAborted();
    last = step(value);
    return last[0];
  });
  return last![1];
}
