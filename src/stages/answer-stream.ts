/**
 * Guards an answer that comes in events. Each text of each choice runs through a window of its own (guard/window.ts)
 * and leaves when it is judged; tool calls are put together and leave whole, since only whole arguments can be read
 * as JSON. What the client sees adds up to what it would have got without streaming.
 */
import { Denial } from '../core/denial.ts';
import { GUARD_HEADER, guardNote } from '../core/guard-note.ts';
import { getOrAdd } from '../core/maps.ts';
import { type About, collect, type Finding, type Frame } from '../core/reply.ts';
import { type ChatChunk, chatChunk, parseAnswer, type TextChunk, textChunk } from '../openai/answer.ts';
import { DONE, encodeComment, encodeEvent, encodePadded, readEvents } from '../openai/sse.ts';
import { mergeUsage, usageOf, type WireUsage } from '../openai/usage.ts';
import { ChoiceStream } from './choice-stream.ts';
import type { OutputRules } from './output-rules.ts';
import type { SidecarStream } from './sidecar-stream.ts';

export interface StreamRules extends OutputRules {
  /** Whether it is /v1/completions, whose choices carry `text` instead of a delta. */
  readonly legacy: boolean;
  /** Whether the client asked for the usage chunk. */
  readonly usageAsked: boolean;
  /** How many choices were asked for. */
  readonly choices: number;
  /** Who judges the texts beside the rules; null where nobody does. */
  readonly sidecars: SidecarStream | null;
  /** Whether events are filled up, so that their lengths do not tell those of the tokens. */
  readonly padded: boolean;
}

type Chunk = ChatChunk | TextChunk;

/**
 * @throws Denial `upstream_error` when the stream breaks off, fails or has an unknown shape; `output_blocked`.
 * By then earlier frames have been sent: whoever writes them must end the stream with an error and without `[DONE]`.
 */
export async function* guardStream(body: AsyncIterable<Uint8Array>, rules: StreamRules): AsyncGenerator<Frame> {
  const choices = new Map<number, ChoiceStream>();
  const reports: WireUsage[] = [];
  const findings: Finding[] = [];
  const encode = rules.padded ? encodePadded : encodeEvent;
  let envelope: Omit<Chunk, 'choices' | 'usage'> = {};

  function event(fields: object, about: About = {}): Frame {
    collect(findings, about.findings ?? []);
    return { ...about, bytes: encode({ ...envelope, model: rules.model, ...fields }) };
  }
  function* end(truncated: boolean): Generator<Frame> {
    const usage = mergeUsage(reports);
    if (usage && rules.usageAsked) yield event({ choices: [], usage });
    yield { bytes: encodeComment(`${GUARD_HEADER}: ${guardNote('output', findings)}`) };
    yield { bytes: encodeEvent(DONE), truncated, ...(usage ? { usage: usageOf(usage) } : {}) };
  }

  for await (const data of readEvents(body)) {
    if (data.startsWith(DONE)) {
      for (const [index, choice] of choices) {
        const rest = rules.legacy ? { index, text: '' } : { index, delta: {} };
        const judged = choice.ended ? undefined : await rules.sidecars?.take(rest, true);
        if (judged) yield* choice.push(judged.part, event, judged.findings);
        yield* choice.end(event);
      }
      yield* end(false);
      return;
    }
    const { choices: parts, usage, ...rest } = readChunk(data, rules.legacy);
    envelope = rest;
    // llama.cpp reports usage for each choice, on an event of its own or with the last text: kept back, and sent once.
    if (usage) reports.push(usage);
    for (const part of parts) {
      const choice = getOrAdd(choices, part.index, () => new ChoiceStream(part.index, rules));
      const judged = rules.sidecars ? await rules.sidecars.take(part) : { part, findings: [] };
      yield* choice.push(judged.part, event, judged.findings);
    }
    const all = [...choices.values()];
    if (all.length >= rules.choices && all.every((choice) => choice.ended) && all.some((choice) => choice.truncated)) {
      // The rest would be thrown away: returning cancels it upstream.
      yield* end(true);
      return;
    }
  }
  throw new Denial('upstream_error', { detail: 'It broke off its answer.' });
}

function readChunk(data: string, legacy: boolean): Chunk {
  // `{"error": …}` has no choices and so is no chunk; it is told apart for the log only.
  if (data.startsWith('{"error"'))
    throw new Denial('upstream_error', { detail: 'It failed in the middle of its answer.' });
  return parseAnswer(legacy ? textChunk : chatChunk, data);
}
