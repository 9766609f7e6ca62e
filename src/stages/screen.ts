import { Denial, type DenialCode } from '../core/denial.ts';
import type { Read, Screened } from '../core/exchange.ts';
import type { JsonObject } from '../core/json.ts';
import type { Stage } from '../core/pipeline.ts';
import type { Kind } from '../core/policy.ts';
import { guardFor, pseudonymsFor, sequencesOf } from '../guard/guard.ts';
import { type Place, placesIn } from '../openai/places.ts';
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
    const place = placesIn(x.request);
    const subjects = subjectsOf(x.request, place);
    const pseudonyms = input.pii === 'pseudonymise' ? pseudonymsFor(subjects.map(({ text }) => text)) : null;
    const surroundings = { pseudonyms, guarded: null };
    const { findings, blocked, textFor } = await judge(
      subjects,
      { guard: guardFor('input', input), surroundings, requestId: x.id, signal },
      judges,
    );
    if (blocked) throw new Denial(CODES[blocked.kind as Kind], { param: blocked.channel, findings });
    const instructions: string[] = [];
    const request = mapRequestTexts(x.request, (text, channel) => {
      const judged = textFor(text, channel);
      if (isInstruction(place(channel))) instructions.push(judged);
      return judged;
    });
    const guarded = output.injection === 'off' ? null : sequencesOf(instructions);
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

/** What an answer should not repeat. */
const isInstruction = ({ role, unit }: Place): boolean => unit !== null && (role === 'system' || role === 'developer');

function subjectsOf(request: JsonObject, place: (channel: string) => Place): Subject[] {
  const subjects: Subject[] = [];
  mapRequestTexts(request, (text, channel) => {
    const { role, unit } = place(channel);
    subjects.push({ text, channel, unit, origin: isFetched(channel, role) ? 'indirect' : 'direct' });
    return text;
  });
  return subjects;
}
