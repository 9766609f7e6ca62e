import { Denial } from '../../src/core/denial.ts';

/** The Denial that a call throws; fails the test if it throws something else, or nothing. */
export function refusal(call: () => unknown): Denial {
  try {
    call();
  } catch (error) {
    if (error instanceof Denial) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** The same for a promise. */
export async function refusalOf(promise: Promise<unknown>): Promise<Denial> {
  const result = await promise.then(
    () => new Error('nothing was refused'),
    (error: unknown) => error,
  );
  if (result instanceof Denial) return result;
  throw result;
}
