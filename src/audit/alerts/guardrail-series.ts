/** A key whose requests run into the guards again and again: somebody is trying what gets through. */
import { DENIALS } from '../../core/denial.ts';
import { CoolDown, Recent, SlidingCount } from './bounds.ts';
import { type Detector, type EventOf, HOUR_MS, keyOf, MOST_KEYS, MOST_SUBJECTS } from './detector.ts';

/** What there is one of for every request, at its end, when all findings are known. */
type Closing = 'inference.completed' | 'inference.denied';

interface Series {
  readonly count: SlidingCount;
  /** By rule: when it was found last. There are as many as there are rules. */
  readonly rules: Map<string, number>;
}

const refusals: Readonly<Record<string, { readonly type: string } | undefined>> = DENIALS;

/** What is only flagged in an answer is the model's doing: it may quote its instructions a hundred times an hour. */
const metAGuard = ({ findings, denial }: EventOf<Closing>): boolean =>
  findings.some(({ action, direction }) => direction === 'input' || action !== 'flag') ||
  (denial !== null && refusals[denial]?.type === 'guardrail');

/** Counts the requests of a key in an hour in which a guard found something, whatever was done about it. */
export function guardrailSeries(guardrailHitsPerHour: number): Detector<Closing> {
  const keys = new Recent<Series>(MOST_KEYS);
  const coolDown = new CoolDown(HOUR_MS, MOST_SUBJECTS);
  return (event, at) => {
    const key = keyOf(event);
    if (!key || !metAGuard(event)) return null;
    const { count, rules } = keys.get(key.keyId, () => ({ count: new SlidingCount(HOUR_MS), rules: new Map() }));
    for (const { rule } of event.findings) rules.set(rule, at);
    const hits = count.add(at);
    if (hits < guardrailHitsPerHour || !coolDown.start(key.keyId, at)) return null;
    const recent = [...rules].filter(([, found]) => at - found <= HOUR_MS).map(([rule]) => rule);
    return { event: 'alert.guardrail_series', ...key, count: hits, windowMs: HOUR_MS, rules: recent.sort() };
  };
}
