import { setImmediate as turn } from 'node:timers/promises';
import { Denial, type DenialCode } from '../core/denial.ts';
import type { Read, Screened } from '../core/exchange.ts';
import type { JsonObject } from '../core/json.ts';
import type { Stage } from '../core/pipeline.ts';
import type { Kind } from '../core/policy.ts';
import { collect, type Finding } from '../core/reply.ts';
import { type Guard, guardFor } from '../guard/guard.ts';
import { mapRequestTexts } from '../openai/texts.ts';

const CODES: Record<Kind, DenialCode> = {
  injection: 'prompt_injection',
  pii: 'input_contains_pii',
  secrets: 'input_contains_secret',
};

/** Every text of the request before the guards; what they redact is what goes on. */
export const screen = (): Stage<Read, Screened> => ({
  name: 'screen',
  run: async (x) => {
    if (x.request === null) return { ...x, findings: [] };
    const findings: Finding[] = [];
    const judged = await judgeAll(x.request, guardFor('input', x.key.guardrails.input), findings);
    const request = mapRequestTexts(x.request, (text, channel) => {
      const seen = judged.get(keyOf(text, channel));
      if (seen === undefined) throw new Error('a text that is to be sent was not judged');
      return seen;
    });
    return { ...x, request, findings };
  },
});

const keyOf = (text: string, channel: string): string => `${channel}\n${text}`;

/** What is to stand in the place of each text. Walks the request once to see them, so that judging may take its time. */
async function judgeAll(request: JsonObject, guard: Guard, findings: Finding[]): Promise<Map<string, string>> {
  const texts: [text: string, channel: string][] = [];
  mapRequestTexts(request, (text, channel) => {
    texts.push([text, channel]);
    return text;
  });
  const judged = new Map<string, string>();
  let sinceTurn = 0;
  for (const [text, channel] of texts) {
    const pieces: string[] = [];
    const window = guard.window(channel);
    for (let at = 0; at === 0 || at < text.length; at += SLICE) {
      const last = at + SLICE >= text.length;
      const piece = text.slice(at, at + SLICE);
      const seen = last ? window.end(piece) : window.push(piece);
      collect(findings, seen.findings);
      if (seen.blocked) throw new Denial(CODES[seen.blocked.kind], { param: channel, findings });
      pieces.push(seen.text);
      sinceTurn += piece.length;
      if (sinceTurn < SLICE) continue;
      sinceTurn = 0;
      // A long text is one client's; the others get their turn.
      await turn();
    }
    judged.set(keyOf(text, channel), pieces.join(''));
  }
  return judged;
}

/** Characters that are judged at a stretch: some milliseconds of work at the worst. */
const SLICE = 32 * 1024;
