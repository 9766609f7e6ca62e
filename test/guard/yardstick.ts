/** Times as ratios: what a machine takes for a simple thing is the unit. */

/** The shortest of a few runs, in milliseconds: noise only ever adds. */
export function shortest(work: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i += 1) {
    const start = performance.now();
    work();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

/** A unit over and over. */
export const filled = (unit: string, length: number): string =>
  unit.repeat(Math.ceil(length / unit.length)).slice(0, length);

/** What this machine takes to look at each character of a text once, in a slow way. */
export const yardstickFor = (length: number): number =>
  shortest(() => {
    let sum = 0;
    for (const character of filled('yardstick ', length)) sum += character.codePointAt(0)!;
    return sum;
  });
