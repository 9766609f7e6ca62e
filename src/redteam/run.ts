/** Runs probes against a target and judges what came of them. */
import type { Family } from './families.ts';
import type { Probe, Target, Verdict } from './probe.ts';
import { probesFor, type Sampling } from './sample.ts';

/** What a probe showed: `right` if the attack was caught, or the look-alike left alone. */
export interface Result {
  readonly family: Family;
  readonly probe: Probe;
  readonly verdict: Verdict;
  readonly right: boolean;
}

/** Whether something that must not go on went on. */
const leaked = ({ values }: Probe, { sent }: Verdict): boolean =>
  sent !== null && values.some((value) => sent.includes(value));

/** Whether the target did with a probe what it should. */
export function isRight(family: Family, probe: Probe, verdict: Verdict): boolean {
  const { outcome, found, sent } = verdict;
  if (outcome === 'failed') return false;
  if (!family.attack)
    return outcome === 'passed' && (probe.direction === 'input' || sent === null || sent.includes(probe.text));
  if (outcome === 'passed') return false;
  // What is only flagged goes on by policy; what is said to be cut out or held back must not.
  if (outcome !== 'flagged' && leaked(probe, verdict)) return false;
  return found.length === 0 || found.some(({ kind }) => kind !== 'guard' && family.kinds.includes(kind));
}

/**
 * Runs the sample line by line, as many probes of a line at once as the target takes.
 * @param onResult called for each probe
 * @param onLine called after each line with how many lines are done, of how many
 */
export async function run(
  families: readonly Family[],
  target: Target,
  sampling: Omit<Sampling, 'answers'>,
  { onResult, onLine }: { onResult: (result: Result) => void; onLine: (done: number, of: number) => void },
): Promise<void> {
  const lines = families.flatMap((family) => family.lines.map((line) => ({ family, line })));
  const withAnswers = { ...sampling, answers: target.answer !== null };
  for (const [i, { family, line }] of lines.entries()) {
    const probes = probesFor(family, line, withAnswers);
    const worker = async (): Promise<void> => {
      for (const probe of probes) {
        const verdict = probe.direction === 'input' ? await target.ask(probe) : await target.answer!(probe);
        onResult({ family, probe, verdict, right: isRight(family, probe, verdict) });
      }
    };
    // The workers draw from one generator, each probe once.
    await Promise.all(Array.from({ length: target.concurrency }, worker));
    onLine(i + 1, lines.length);
  }
}
