import { Denial, type DenialCode } from '../core/denial.ts';
import type { Read, Screened } from '../core/exchange.ts';
import type { JsonObject } from '../core/json.ts';
import type { Stage } from '../core/pipeline.ts';
import type { Kind } from '../core/policy.ts';
import { guardFor, pseudonymsFor, sequencesOf } from '../guard/guard.ts';
import { placesIn } from '../openai/places.ts';
import { mapRequestTexts } from '../openai/texts.ts';
import { type Judges, judge, type Subject } from './judge.ts';

const CODES: Record<Kind, DenialCode> = {
  injection: 'prompt_injection',
  pii: 'input_contains_pii',
  secrets: 'input_contains_secret',
};

/** Every text of the request before the guards; what they redact is what goes on. */
export const screen = (judges: Judges): Stage<Read, Screened> => ({
  name: 'screen',
  run: async (x, { signal }) => {
    if (x.request === null) return { ...x, findings: [], pseudonyms: null, guarded: null };
    const { input, output } = x.key.guardrails;
    const subjects = subjectsOf(x.request);
    const pseudonyms = input.pii === 'pseudonymise' ? pseudonymsFor(subjects.map(({ text }) => text)) : null;
    const surroundings = { pseudonyms, guarded: null };
    const { findings, blocked, textFor } = await judge(
      subjects,
      { guard: guardFor('input', input), surroundings, requestId: x.id, signal },
      judges,
    );
    if (blocked) throw new Denial(CODES[blocked.kind as Kind], { param: blocked.channel, findings });
    const request = mapRequestTexts(x.request, textFor);
    const guarded = output.injection === 'off' ? null : sequencesOf(instructionsOf(request));
    return {
      ...x,
      request,
      findings,
      pseudonyms: pseudonyms?.size ? pseudonyms : null,
      guarded: guarded?.size ? guarded : null,
    };
  },
});

/** Whose texts were not written by whoever asks: what a tool brings back, and how a tool describes itself. */
const isFetched = (channel: string, role: string | null): boolean => role === 'tool' || channel.startsWith('tools.');

function subjectsOf(request: JsonObject): Subject[] {
  const place = placesIn(request);
  const subjects: Subject[] = [];
  mapRequestTexts(request, (text, channel) => {
    const { role, unit } = place(channel);
    subjects.push({ text, channel, unit, origin: isFetched(channel, role) ? 'indirect' : 'direct' });
    return text;
  });
  return subjects;
}

/** The texts that an answer should not repeat. */
function instructionsOf(request: JsonObject): string[] {
  const place = placesIn(request);
  const texts: string[] = [];
  mapRequestTexts(request, (text, channel) => {
    const { role, unit } = place(channel);
    if (unit !== null && (role === 'system' || role === 'developer')) texts.push(text);
    return text;
  });
  return texts;
}
