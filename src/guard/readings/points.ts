export const isHigh = (unit: number): boolean => (unit & 0xfc00) === 0xd800;

/**
 * The code point at a place; half a surrogate pair counts as one. `codePointAt` of V8 13.6 (Node 24), once it is
 * optimised, reads past the end of a string that is a slice of a longer one.
 */
export function pointAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (!isHigh(unit) || at + 1 >= text.length) return unit;
  const low = text.charCodeAt(at + 1);
  return (low & 0xfc00) === 0xdc00 ? 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00) : unit;
}
