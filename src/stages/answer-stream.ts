/**
 * Guards an answer that comes in events. Each text of each choice runs through a window of its own (guard/window.ts)
 * and leaves when it is judged; tool calls are put together and leave whole, since only whole arguments can be read
 * as JSON. What the client sees adds up to what it would have got without streaming.
 */
import { Denial } from '../core/denial.ts';
import { getOrAdd } from '../core/maps.ts';
import type { About, Frame } from '../core/reply.ts';
import { type ChatChunk, chatChunk, parseAnswer, type TextChunk, textChunk } from '../openai/answer.ts';
import { DONE, encodeEvent, readEvents } from '../openai/sse.ts';
import { mergeUsage, usageOf, type WireUsage } from '../openai/usage.ts';
import { ChoiceStream } from './choice-stream.ts';
import type { OutputRules } from './output-rules.ts';

export interface StreamRules extends OutputRules {
  /** Whether it is /v1/completions, whose choices carry `text` instead of a delta. */
  readonly legacy: boolean;
  /** Whether the client asked for the usage chunk. */
  readonly usageAsked: boolean;
  /** How many choices were asked for. */
  readonly choices: number;
}

type Chunk = ChatChunk | TextChunk;

/**
 * @throws Denial `upstream_error` when the stream breaks off, fails or has an unknown shape; `output_blocked`.
 * By then earlier frames have been sent: whoever writes them must end the stream with an error and without `[DONE]`.
 */
export async function* guardStream(body: AsyncIterable<Uint8Array>, rules: StreamRules): AsyncGenerator<Frame> {
  const choices = new Map<number, ChoiceStream>();
  const reports: WireUsage[] = [];
  let envelope: Omit<Chunk, 'choices' | 'usage'> = {};

  const event = (fields: object, about: About = {}): Frame => ({
    ...about,
    bytes: encodeEvent({ ...envelope, model: rules.model, ...fields }),
  });
  function* end(truncated: boolean): Generator<Frame> {
    const usage = mergeUsage(reports);
    if (usage && rules.usageAsked) yield event({ choices: [], usage });
    yield { bytes: encodeEvent(DONE), truncated, ...(usage ? { usage: usageOf(usage) } : {}) };
  }

  for await (const data of readEvents(body)) {
    if (data.startsWith(DONE)) {
      for (const choice of choices.values()) yield* choice.end(event);
      yield* end(false);
      return;
    }
    const { choices: parts, usage, ...rest } = readChunk(data, rules.legacy);
    envelope = rest;
    // llama.cpp reports usage for each choice, on an event of its own or with the last text: kept back, and sent once.
    if (usage) reports.push(usage);
    for (const part of parts) {
      const choice = getOrAdd(choices, part.index, () => new ChoiceStream(part.index, rules));
      yield* choice.push(part, event);
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
