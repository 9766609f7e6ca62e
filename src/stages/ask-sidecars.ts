import type { Finding } from '../core/reply.ts';
import type { Guard, Match, Surroundings } from '../guard/guard.ts';
import type { Sidecars } from '../guard/sidecars/sidecars.ts';

/** For whom texts are judged, and by which rules. */
export interface Case {
  readonly guard: Guard;
  readonly surroundings: Surroundings;
  readonly requestId: string;
  readonly signal: AbortSignal;
}

export type AskedSidecars = Pick<Sidecars, 'has' | 'judge'>;

export interface Opinion {
  /** What they found, for each text; of kinds that the policy looks for. */
  readonly matches: readonly (readonly Match[])[];
  /** One for each side-car that could not be asked, and may be left out. */
  readonly failed: readonly Finding[];
}

/**
 * What the side-cars of this direction say of some texts.
 * @throws Denial `guard_unavailable` when one fails that may not
 */
export async function askSidecars(
  texts: readonly { readonly text: string; readonly channel: string }[],
  { guard, requestId, signal }: Omit<Case, 'surroundings'>,
  sidecars: AskedSidecars,
): Promise<Opinion> {
  const { direction, actions } = guard.policy;
  const matches: Match[][] = texts.map(() => []);
  if (texts.length === 0 || !sidecars.has(direction)) return { matches, failed: [] };
  const said = await sidecars.judge(direction, texts, { requestId, signal });
  for (const { text, rule, kind, label, start, end } of said.matches)
    if (actions[kind] !== 'off') matches[text]!.push({ rule: { id: rule, kind, label }, start, end });
  const failed = said.failed.map(
    (name): Finding => ({
      rule: `sidecar.${name}.unavailable`,
      kind: 'guard',
      action: 'flag',
      direction,
      channel: '*',
      span: null,
    }),
  );
  return { matches, failed };
}
