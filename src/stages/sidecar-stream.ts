/**
 * Shows a streamed answer to the side-cars before the built-in rules see it. They need sentences: so text waits here
 * until its sentence is complete and has been judged, and goes on with what they found done to it. Tool calls go on
 * whole, at the end of their choice.
 */
import { Denial } from '../core/denial.ts';
import { getOrAdd } from '../core/maps.ts';
import { collect, type Finding } from '../core/reply.ts';
import { SentenceGate } from '../guard/sidecars/sentences.ts';
import { type ChatChunk, TEXT_FIELDS, type TextChunk } from '../openai/answer.ts';
import { type AskedSidecars, askSidecars, type Case } from './ask-sidecars.ts';
import { mapCall } from './output-rules.ts';
import { ToolCalls } from './tool-calls.ts';

export type Part = ChatChunk['choices'][number] | TextChunk['choices'][number];

interface Track {
  readonly gate: SentenceGate;
  /** Length of what has been judged, for the offsets of findings. */
  judged: number;
}
interface Choice {
  readonly tracks: Map<string, Track>;
  readonly calls: ToolCalls;
}
/** A stretch of a text that is ready to be judged. */
interface Segment {
  readonly text: string;
  readonly channel: string;
  readonly start: number;
}

export class SidecarStream {
  readonly #case: Case;
  readonly #sidecars: AskedSidecars;
  readonly #choices = new Map<number, Choice>();

  constructor(about: Case, sidecars: AskedSidecars) {
    this.#case = about;
    this.#sidecars = sidecars;
  }

  /**
   * What of a choice may go on after a part of it has come.
   * @param isLast whether no more of the choice will come
   * @throws Denial `output_blocked`, `guard_unavailable`
   */
  async take(
    part: Part,
    isLast = Boolean(part.finish_reason),
  ): Promise<{ readonly part: Part; readonly findings: readonly Finding[] }> {
    const choice = getOrAdd(this.#choices, part.index, () => ({ tracks: new Map(), calls: new ToolCalls() }));
    const ready = new Map<string, Segment[]>();
    const texts: Readonly<Record<string, unknown>> = 'delta' in part ? part.delta : part;
    for (const field of 'delta' in part ? TEXT_FIELDS : (['text'] as const)) {
      const text = texts[field];
      if (typeof text !== 'string' && !(isLast && choice.tracks.has(field))) continue;
      const track = getOrAdd(choice.tracks, field, () => ({ gate: new SentenceGate(), judged: 0 }));
      const pieces = [...track.gate.push(typeof text === 'string' ? text : ''), ...(isLast ? track.gate.end() : [])];
      ready.set(
        field,
        pieces.map((piece) => {
          track.judged += piece.length;
          return { text: piece, channel: `choices.${part.index}.${field}`, start: track.judged - piece.length };
        }),
      );
    }
    if ('delta' in part) for (const call of part.delta.tool_calls ?? []) choice.calls.add(call);
    const calls = isLast ? choice.calls.take() : [];
    const callTexts: Segment[] = [];
    for (const [index, call] of calls) {
      mapCall(call, `choices.${part.index}.tool_calls.${index}`, (text, channel) => {
        callTexts.push({ text, channel, start: 0 });
        return text;
      });
    }

    const segments = [...[...ready.values()].flat(), ...callTexts];
    const findings: Finding[] = [];
    const edited = new Map<string, string>();
    const { matches, failed } = await askSidecars(segments, this.#case, this.#sidecars);
    collect(findings, failed);
    for (const [at, segment] of segments.entries()) {
      const { guard, surroundings } = this.#case;
      const verdict = guard.edit(segment.text, matches[at]!, segment.channel, surroundings);
      collect(
        findings,
        verdict.findings.map((finding) => shifted(finding, segment.start)),
      );
      if (verdict.blocked) throw new Denial('output_blocked', { findings });
      edited.set(placeOf(segment), verdict.text);
    }
    const seen = (segment: Segment): string => {
      const judged = edited.get(placeOf(segment));
      if (judged === undefined) throw new Error('a text that is to be sent was not judged');
      return judged;
    };
    // A text that waits is left out, so that no event goes out for it; one that came empty stays.
    const fields = Object.fromEntries(
      [...ready].map(([field, own]) => [field, own.length > 0 || texts[field] === '' ? own.map(seen).join('') : null]),
    );
    const { logprobs: _, ...rest } = part;
    if (!('delta' in rest)) {
      const { index } = rest;
      return { part: fields['text'] == null ? { index, delta: {} } : { ...rest, text: fields['text'] }, findings };
    }
    const { tool_calls: __, ...delta } = rest.delta;
    const whole = calls.map(([index, call]) => {
      const channel = `choices.${part.index}.tool_calls.${index}`;
      const { id, ...judged } = mapCall(call, channel, (text, at) => seen({ text, channel: at, start: 0 }));
      return { index, id, type: 'function' as const, function: judged };
    });
    return {
      part: { ...rest, delta: { ...delta, ...fields, ...(whole.length > 0 ? { tool_calls: whole } : {}) } },
      findings,
    };
  }
}

const placeOf = ({ text, channel, start }: Segment): string => `${channel}\n${start}\n${text}`;

const shifted = (finding: Finding, by: number): Finding => ({
  ...finding,
  span: finding.span && [finding.span[0] + by, finding.span[1] + by],
});
