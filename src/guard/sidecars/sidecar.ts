/** One side-car: what is asked of it, and what its answers come to. */
import type { Adapter, Found, Question } from './adapter.ts';
import { Breaker } from './breaker.ts';
import { classifier } from './classifier.ts';
import { openConnection, TooLong } from './connection.ts';
import { contract } from './contract.ts';
import { badAnswer, type Reason, SidecarFailure } from './failure.ts';
import type { Asked, SidecarMatch, Text } from './judgement.ts';
import { isBetweenCharacters } from './offsets.ts';
import { batchesOf, halvesOf, type Piece, piecesOf } from './pieces.ts';
import { presidio } from './presidio.ts';
import type { SidecarSettings } from './settings.ts';

const ADAPTERS: Readonly<Record<SidecarSettings['kind'], (settings: SidecarSettings) => Adapter>> = {
  sallyport: contract,
  presidio,
  classifier,
};

/** Requests of one judgement that run at once: half of the connections, so that a long text leaves room for others. */
const AT_ONCE = 4;
/** Rule names end up in metrics, where each costs memory for ever. */
const MOST_RULES = 200;

/** How a request to a side-car ended; `too_long`: it is asked again, with halves. */
export type Outcome = 'ok' | 'too_long' | Reason;
/** One request to a side-car is over. */
export type Observe = (sidecar: string, outcome: Outcome, seconds: number) => void;

export interface Sidecar {
  readonly settings: SidecarSettings;
  /** @throws SidecarFailure; the reason of the signal if that aborts */
  judge(texts: readonly Text[], about: Asked): Promise<SidecarMatch[]>;
  close(): Promise<void>;
}

export function openSidecar(settings: SidecarSettings, observe: Observe): Sidecar {
  const { name, threshold } = settings;
  const adapter = ADAPTERS[settings.kind](settings);
  const maxChars = settings.maxChars ?? adapter.maxChars;
  const connection = openConnection(settings);
  const breaker = new Breaker();
  const rules = new Set<string>();

  function ruleOf(found: string): string {
    const rule = found
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '_')
      .slice(0, 40);
    if (rules.size < MOST_RULES) rules.add(rule);
    return rules.has(rule) ? rule : 'other';
  }

  function matchOf({ text, rule: found, kind, start, end }: Found, batch: readonly Piece[]): SidecarMatch {
    const piece = batch[text]!;
    const rule = ruleOf(found);
    return {
      text: piece.text,
      rule: `sidecar.${name}.${rule}`,
      kind,
      label: `[${rule.toUpperCase()}_REDACTED]`,
      start: piece.start + start,
      end: piece.start + end,
    };
  }

  /** One request. */
  async function ask(question: Question, signal: AbortSignal): Promise<readonly Found[]> {
    const began = performance.now();
    const over = (outcome: Outcome) => observe(name, outcome, (performance.now() - began) / 1000);
    try {
      if (!breaker.allows(began)) {
        throw new SidecarFailure('suspended', 'it did not answer the last few times, and is asked again in seconds');
      }
      const answer = await connection.post(adapter.ask(question), { requestId: question.requestId, signal });
      const found = adapter.read(answer, question);
      for (const one of found) check(one, question);
      breaker.answered();
      over('ok');
      return found;
    } catch (error) {
      const outcome = error instanceof TooLong ? 'too_long' : error instanceof SidecarFailure ? error.reason : null;
      if (outcome === 'timeout' || outcome === 'unreachable') breaker.silent(performance.now());
      else if (outcome !== null && outcome !== 'suspended') breaker.answered();
      if (outcome !== null) over(outcome);
      throw error;
    }
  }

  async function judgeBatch(batch: readonly Piece[], about: Asked): Promise<SidecarMatch[]> {
    const texts = batch.map(({ channel, content }) => ({ channel, text: content }));
    const question = { requestId: about.requestId, direction: about.direction, texts };
    try {
      const found = await ask(question, about.signal);
      return found.filter(({ score }) => score >= threshold).map((one) => matchOf(one, batch));
    } catch (error) {
      if (!(error instanceof TooLong)) throw error;
      const halves = halvesOf(batch);
      if (!halves) throw new SidecarFailure('status', 'it answered 413 even to a short text');
      const matches: SidecarMatch[] = [];
      for (const half of halves) matches.push(...(await judgeBatch(half, about)));
      return matches;
    }
  }

  return {
    settings,
    async judge(texts, about) {
      const batches = batchesOf(piecesOf(texts, maxChars), maxChars, adapter.maxTexts);
      const giveUp = new AbortController();
      const signal = AbortSignal.any([about.signal, giveUp.signal]);
      const matches: SidecarMatch[] = [];
      const next = batches.values();
      const worker = async () => {
        for (const batch of next) matches.push(...(await judgeBatch(batch, { ...about, signal })));
      };
      try {
        await Promise.all(Array.from({ length: Math.min(AT_ONCE, batches.length) }, worker));
        return matches;
      } finally {
        // One has failed: what the others say does not matter any more.
        giveUp.abort();
      }
    },
    close: () => connection.close(),
  };
}

/** Offsets that cannot be mean that the two sides count differently, and then none of them can be relied on. */
function check({ text, rule, start, end, score }: Found, { texts }: Question): void {
  const { text: judged } = texts[text] ?? {};
  if (judged === undefined || !Number.isInteger(text))
    throw badAnswer('has a finding in a text that was not asked about');
  if (!/[a-zA-Z0-9]/.test(rule)) throw badAnswer('has a finding whose rule has no name');
  // Some add up to a little more than 1, by rounding.
  if (!(typeof score === 'number' && score >= 0 && score <= 1.001)) throw badAnswer('has a score beyond 0 to 1');
  if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start < end && end <= judged.length)) {
    throw badAnswer('has offsets that are not within the text');
  }
  if (!isBetweenCharacters(judged, start) || !isBetweenCharacters(judged, end)) {
    throw badAnswer('has an offset within a character');
  }
}
