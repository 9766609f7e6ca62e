/** JSON as the gateway accepts it: only what every parser behind it would read the same way. */
import { Denial } from '../core/denial.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';

/** Deeper values overflow recursive walks, here and in model servers; real requests stay below 20. */
export const MAX_DEPTH = 64;

/**
 * More values than any real request has. A megabyte of commas costs a validator a thousand times what it costs the
 * client, so they are counted before anything is built from them.
 */
export const MAX_VALUES = 50_000;

/** Keys that mean something to a JavaScript engine and nothing to this API. */
const RESERVED_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

// `fatal`: invalid UTF-8 is refused, not replaced. `ignoreBOM`: a byte order mark is kept, and JSON.parse refuses it (RFC 8259 §8.1).
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parses a request body. Duplicate keys need no check: the last one wins here, and only what was parsed is ever sent on.
 * @throws Denial `invalid_json`
 */
export function parseStrictJson(body: Uint8Array): JsonObject {
  let value: unknown;
  try {
    const text = utf8.decode(body);
    const { depth, values } = shapeOf(text);
    if (depth > MAX_DEPTH)
      throw new Denial('invalid_json', { detail: `It is nested more than ${MAX_DEPTH} levels deep.` });
    if (values > MAX_VALUES) throw new Denial('invalid_json', { detail: `It has more than ${MAX_VALUES} values.` });
    value = JSON.parse(text);
  } catch (error) {
    throw error instanceof Denial ? error : new Denial('invalid_json', { cause: error });
  }
  if (!isObject(value)) throw new Denial('invalid_json', { detail: 'The body must be a JSON object.' });
  refuseValue(value, '');
  return value;
}

/**
 * How deep and how large a JSON text is, told before anything recurses over it: JSON.parse accepts 200 000 levels, other
 * code does not. Stops counting at the first level too deep. A text that is not JSON has a shape too.
 */
export function shapeOf(text: string): { depth: number; values: number } {
  let depth = 0;
  let level = 0;
  let values = 1;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === BACKSLASH) i++;
      else if (c === QUOTE) inString = false;
    } else if (c === QUOTE) inString = true;
    else if (c === COMMA) values++;
    else if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
      values++;
      depth = Math.max(depth, ++level);
      if (depth > MAX_DEPTH) return { depth, values };
    } else if (c === CLOSE_OBJECT || c === CLOSE_ARRAY) level--;
  }
  return { depth, values };
}
const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];

function refuseValue(value: Json, path: string): void {
  const refuse = (detail: string): never => {
    throw new Denial('invalid_json', { param: path || undefined, detail });
  };
  if (typeof value === 'string') {
    if (!value.isWellFormed()) refuse('It contains half of a surrogate pair.');
  } else if (typeof value === 'number') {
    // 1e400 has become Infinity; beyond 2^53 two parsers may read two numbers (RFC 8259 §6).
    if (!(Math.abs(value) <= Number.MAX_SAFE_INTEGER))
      refuse('It contains a number that cannot be represented exactly.');
  } else if (Array.isArray(value)) {
    for (const [i, item] of (value as readonly Json[]).entries()) refuseValue(item, join(path, i));
  } else if (isObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      if (RESERVED_KEYS.has(key) || !key.isWellFormed()) refuse('It contains a reserved or malformed key.');
      refuseValue(member, join(path, key));
    }
  }
}

/** `messages` and 0 make `messages.0`. */
export const join = (path: string, step: string | number): string => (path === '' ? String(step) : `${path}.${step}`);
