import { createHash } from 'node:crypto';

/**
 * A unit vector that depends on nothing but the words of the text: the sum of one pseudo-random direction for each
 * word, so texts that share words lie closer together than texts that do not.
 * @returns `dimensions` numbers in single precision, so that the float and base64 encodings say the same
 */
export function embed(text: string, dimensions: number): Float32Array {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  // the words add up to a multiple of a half, so with a quarter more no text, not even an empty one, is at the origin
  const sum = new Float64Array(dimensions).fill(0.25);
  for (const word of words) {
    const bytes = createHash('shake256', { outputLength: dimensions }).update(word).digest();
    bytes.forEach((byte, i) => {
      sum[i]! += byte - 127.5;
    });
  }
  const length = Math.hypot(...sum);
  return Float32Array.from(sum, (value) => value / length);
}

/** The vector as `encoding_format: base64` has it: little-endian IEEE 754 single precision, whatever this host uses. */
export function toBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, i) => {
    bytes.writeFloatLE(value, i * 4);
  });
  return bytes.toString('base64');
}
