import { isHighSurrogate, isLowSurrogate } from '../../core/utf16.ts';

/**
 * The code point at a place; half a surrogate pair counts as one. `codePointAt` of V8 13.6 (Node 24), once it is
 * optimised, reads past the end of a string that is a slice of a longer one.
 */
export function pointAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (!isHighSurrogate(unit) || at + 1 >= text.length) return unit;
  const low = text.charCodeAt(at + 1);
  return isLowSurrogate(low) ? 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00) : unit;
}
