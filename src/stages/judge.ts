/** Judges texts that are there as a whole: those of a request, and of an answer that comes in one piece. */
import { setImmediate as turn } from 'node:timers/promises';
import { Denial } from '../core/denial.ts';
import { collect, type Finding } from '../core/reply.ts';
import type { Match, Memory, Origin, Policy, Verdict } from '../guard/guard.ts';
import { type AskedSidecars, askSidecars, type Case } from './ask-sidecars.ts';

/** What judges texts, beside the rules of a policy. */
export interface Judges {
  readonly sidecars: AskedSidecars;
  readonly memory: Memory;
}

/** A text, and where it stands. */
export interface Subject {
  readonly text: string;
  readonly channel: string;
  readonly origin: Origin;
  /** Texts that follow one another and have this in common reach the model as one. */
  readonly unit: string | null;
}

export interface Judgement {
  /** What is to stand in the place of a text; from then on what was found in it is among the findings. */
  readonly textFor: (text: string, channel: string) => string;
  /** Of the texts that have been asked for: one that is read in two ways, as JSON and as it is, is not told twice. */
  readonly findings: readonly Finding[];
  /** What stopped the first text that is not to go on; null if all may. */
  readonly blocked: Finding | null;
}

/** Own work on one exchange after which the guards have failed, and what is added for each character: ten times what prose takes. */
const MOST_WORK_MS = 10_000;
const MOST_WORK_MS_A_CHARACTER = 0.003;
/** Own work after which others get their turn. */
const TURN_MS = 5;

/**
 * Rules and side-cars work side by side, on texts that have not been judged before. Texts are edited in their order, up
 * to the first that is blocked.
 * @throws Denial `guard_unavailable` when a side-car fails that may not, `internal_error` when the guards run late;
 *   whatever a rule throws
 */
export async function judge(
  subjects: readonly Subject[],
  about: Case,
  { sidecars, memory }: Judges,
): Promise<Judgement> {
  const { guard, surroundings } = about;
  const { direction } = guard.policy;
  const characters = subjects.reduce((sum, { text }) => sum + text.length, 0);
  const work = worker(MOST_WORK_MS + MOST_WORK_MS_A_CHARACTER * characters);
  // Prompts come again with each turn of a conversation; answers do not.
  const keys =
    direction === 'input' ? subjects.map(({ text, origin }) => memory.keyOf(`${guard.id} ${origin}`, text)) : [];
  const known = subjects.map((_, index) => (keys[index] === undefined ? undefined : memory.recall(keys[index])));
  const fresh = subjects.flatMap((subject, index) => (known[index] ? [] : [{ ...subject, index }]));

  const giveUp = sidecars.has(direction) ? new AbortController() : null;
  const signal = giveUp ? AbortSignal.any([about.signal, giveUp.signal]) : about.signal;
  const asked = askSidecars(fresh, { ...about, signal }, sidecars);
  // Looked at below; or not needed any more, because a rule has refused.
  asked.catch(() => {});
  try {
    const matches: (readonly Match[])[] = known.map((found) => found ?? []);
    for (const { text, origin, index } of fresh) matches[index] = await work(guard.examine(text, origin, surroundings));

    const findings: Finding[] = [];
    const edited = new Map<string, Verdict>();
    const judgement = (blocked: Finding | null): Judgement => ({
      findings,
      blocked,
      textFor(text, channel) {
        const verdict = edited.get(placeOf(text, channel));
        if (verdict === undefined) throw new Error('a text that is to be sent was not judged');
        collect(findings, verdict.findings);
        return verdict.text;
      },
    });
    for (const unit of unitsOf(subjects, matches)) {
      const [{ origin }] = unit as [Part];
      for (const joint of JOINTS) {
        const whole = unit.map(({ text }) => text).join(joint);
        // Kept apart from texts that stand alone: those are shown to the side-cars.
        const key = memory.keyOf(`joined ${guard.id} ${origin}`, whole);
        const seen = memory.recall(key) ?? (await work(guard.examine(whole, origin, surroundings)));
        memory.keep(key, seen);
        const across = acrossTexts(unit, joint.length, seen, guard.policy);
        collect(findings, across);
        const blocked = across.find(({ action }) => action === 'block');
        if (blocked) return judgement(blocked);
      }
    }

    const theirs = await asked;
    collect(findings, theirs.failed);
    for (const [at, { index }] of fresh.entries()) matches[index] = [...matches[index]!, ...theirs.matches[at]!];
    if (keys.length > 0 && theirs.failed.length === 0)
      for (const { index } of fresh) memory.keep(keys[index]!, matches[index]!);

    for (const [index, { text, channel }] of subjects.entries()) {
      const verdict = guard.edit(text, matches[index]!, channel, surroundings);
      edited.set(placeOf(text, channel), verdict);
      if (!verdict.blocked) continue;
      for (const one of edited.values()) collect(findings, one.findings);
      return judgement(verdict.blocked);
    }
    return judgement(null);
  } finally {
    giveUp?.abort(OVER);
  }
}

const placeOf = (text: string, channel: string): string => `${channel}\n${text}`;

/** Made once: a reason of its own would cost a stack trace for every request. */
const OVER = new Error('nobody waits for the side-cars any more');

/** Does work step by step, and lets others have their turn. */
function worker(mostMs: number): <T>(steps: Generator<void, T>) => Promise<T> {
  let worked = 0;
  let sinceTurn = 0;
  return async (steps) => {
    for (;;) {
      const start = performance.now();
      const step = steps.next();
      const took = performance.now() - start;
      worked += took;
      sinceTurn += took;
      if (step.done) return step.value;
      if (worked > mostMs) throw new Denial('internal_error', { cause: new Error('the guards ran late') });
      if (sinceTurn < TURN_MS) continue;
      sinceTurn = 0;
      await turn();
    }
  };
}

/** What chat templates put between texts that they put together. */
const JOINTS = ['', '\n'];

/** A text of several that make one, and what was found in it. */
type Part = Subject & { readonly matches: readonly Match[] };

/** The texts that belong together, in order; those that stand alone are left out. */
function unitsOf(subjects: readonly Subject[], matches: readonly (readonly Match[])[]): (readonly Part[])[] {
  const parts = subjects.map((subject, index) => ({ ...subject, matches: matches[index]! }));
  const byUnit = Map.groupBy(
    parts.filter(({ unit }) => unit !== null),
    ({ unit }) => unit,
  );
  return [...byUnit.values()].filter((unit) => unit.length > 1);
}

/**
 * What is in none of the texts, but in all of them together. It cannot be cut out of one, so what was to be cut out is
 * blocked. Personal data that only grows across a seam ("ada@example.com" and "Thanks") is found in its own text.
 */
function acrossTexts(
  unit: readonly Part[],
  joint: number,
  seen: readonly Match[],
  { direction, actionFor }: Policy,
): Finding[] {
  const starts = new Set<number>();
  const ends: number[] = [];
  let base = 0;
  for (const { text, matches } of unit) {
    for (const { rule, start } of matches) if (rule.kind === 'pii') starts.add(base + start);
    ends.push(base + text.length);
    base += text.length + joint;
  }
  const seams = ends.slice(0, -1);
  return seen
    .filter(({ rule, start, end }) => {
      const seam = firstAfter(seams, start);
      return seam !== undefined && seam + joint < end && !(rule.kind === 'pii' && starts.has(start));
    })
    .map(({ rule }) => ({
      rule: rule.id,
      kind: rule.kind,
      action: actionFor(rule) === 'flag' ? 'flag' : 'block',
      direction,
      channel: unit[0]!.unit!,
      span: null,
    }));
}

/** The first of some ascending numbers that is greater. */
function firstAfter(ascending: readonly number[], than: number): number | undefined {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! > than) high = middle;
    else low = middle + 1;
  }
  return ascending[low];
}
