import { memory } from '../../src/guard/guard.ts';
import type { Judges } from '../../src/stages/judge.ts';

/** The built-in rules alone. */
export const builtIn = (): Judges => ({
  sidecars: { has: () => false, judge: async () => ({ matches: [], failed: [] }) },
  memory: memory(),
});
