/** Server-sent events, as the OpenAI API uses them: `data:` lines with JSON, `[DONE]` at the end, comments for keep-alive. */
import { createParser } from 'eventsource-parser';
import { Denial } from '../core/denial.ts';

/** Larger than any event a model server sends; bounds what a broken one can make us hold. */
const MAX_EVENT_BYTES = 4 * 1024 * 1024;

const CR = 0x0d;

export const DONE = '[DONE]';

/**
 * Cuts a byte stream into the `data` of its events. Decoding is strict and holds back incomplete UTF-8 sequences, so
 * the result does not depend on how the bytes were split.
 * @throws Denial `upstream_error` for invalid UTF-8, an oversized event or an `error:` line (older llama.cpp)
 */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const ready: string[] = [];
  let sinceEvent = 0;
  let failure: unknown = null;
  const parser = createParser({
    onEvent: ({ data }) => {
      sinceEvent = 0;
      ready.push(data);
    },
    onError: (error) => {
      failure ??= error;
    },
  });
  let endsWithCr = false;
  for await (const chunk of body) {
    sinceEvent += chunk.byteLength;
    if (chunk.byteLength > 0) endsWithCr = chunk.at(-1) === CR;
    try {
      parser.feed(decoder.decode(chunk, { stream: true }));
    } catch (cause) {
      throw new Denial('upstream_error', { detail: 'Its answer is not UTF-8.', cause });
    }
    yield* ready.splice(0);
    if (failure !== null) throw new Denial('upstream_error', { cause: failure });
    if (sinceEvent > MAX_EVENT_BYTES)
      throw new Denial('upstream_error', { detail: 'It sent an event that is too large.' });
  }
  // A CR is a line end by itself, but the parser waits for the LF that might belong to it.
  if (endsWithCr) parser.feed('\n');
  yield* ready.splice(0);
}

const encoder = new TextEncoder();

/** Events are filled up to a multiple of this; a token of usual length makes no difference of that size. */
const PADDED_BYTES = 128;
/** The shortest filling: `,"obfuscation":""` */
const FILLING_BYTES = 17;

/** A line that clients skip (HTML Living Standard, server-sent events). */
export const encodeComment = (text: string): Uint8Array => encoder.encode(`: ${text}\n\n`);

export const encodeEvent = (data: unknown): Uint8Array =>
  encoder.encode(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);

/**
 * An event whose length tells next to nothing of what is in it: filled up in the field that the OpenAI API has for it.
 * Who reads the lengths of encrypted packets can otherwise guess what a conversation is about (Whisper Leak, 2025).
 */
export function encodePadded(fields: object): Uint8Array {
  const length = encodeEvent(fields).byteLength + FILLING_BYTES;
  return encodeEvent({ ...fields, obfuscation: 'x'.repeat(-length & (PADDED_BYTES - 1)) });
}
