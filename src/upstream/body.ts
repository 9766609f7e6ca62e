import { Denial } from '../core/denial.ts';

/** Larger than any answer that is not a stream: 64 MiB holds 2048 embeddings of 4096 dimensions in text. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * Reads a whole answer.
 * @throws Denial `upstream_error` beyond 64 MiB
 */
export async function readAll(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) throw new Denial('upstream_error', { detail: 'Its answer is too large.' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
