/**
 * Every text there is in a request. It is walked whole: whatever string is sent to the model server is shown to the
 * guards, so a field that is added to the schema cannot be forgotten here.
 */
import { Denial } from '../core/denial.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import { join, MAX_DEPTH, MAX_VALUES, shapeOf } from './strict-json.ts';

/** Is shown a text and where it stands, and returns what is to stand there instead. */
export type Visit = (text: string, channel: string) => string;

/** Strings that are no text: a name checked by its pattern, words of a closed list, and media, which no text rule can read. */
const NOT_TEXT =
  /^model$|^messages\.\d+\.content\.\d+\.(image_url\.url|input_audio\.data)$|(^|\.)(role|type|detail|format|encoding_format|reasoning_effort|verbosity)$/;
/** Strings that are JSON themselves. */
const EMBEDDED_JSON = /\.function\.arguments$/;
/** Where the keys of an object are chosen by the client, and so are text as well. */
const FREE_KEYS = /\.(parameters|schema)(\.|$)/;

/** The request with every text replaced by what `visit` returns. */
export const mapRequestTexts = (fields: JsonObject, visit: Visit): JsonObject =>
  mapTexts(fields, '', visit) as JsonObject;

function mapTexts(value: Json, path: string, visit: Visit): Json {
  if (typeof value === 'string') {
    if (NOT_TEXT.test(path)) return value;
    return EMBEDDED_JSON.test(path) ? mapArguments(value, path, visit) : visit(value, path);
  }
  if (Array.isArray(value)) return value.map((item: Json, i) => mapTexts(item, join(path, i), visit));
  if (!isObject(value)) return value;
  if (FREE_KEYS.test(path)) return mapAnyJson(value, path, visit);
  return mapMembers(value, path, false, (member, at) => mapTexts(member, at, visit), visit);
}

/**
 * The arguments of a tool call: JSON in a string. They are read as JSON, so that `\u0040` cannot hide an `@`, and as
 * they stand, so that nothing hides in what a parser drops (a key given twice). Unchanged arguments stay byte for byte.
 * @throws Denial `invalid_parameter` for JSON that is deeper or larger than a request may be
 */
export function mapArguments(text: string, channel: string, visit: Visit): string {
  const value = parseOrUndefined(text, channel);
  if (value === undefined) {
    // Cut short, perhaps: a reader may still make out what is escaped in it.
    const plain = unescaped(text);
    const seen = visit(plain, channel);
    return seen === plain && plain !== text ? visit(text, channel) : seen;
  }
  let changed = false;
  const mapped = mapAnyJson(value, channel, (inner, at) => {
    const result = visit(inner, at);
    changed ||= result !== inner;
    return result;
  });
  return changed ? JSON.stringify(mapped) : visit(text, channel);
}

function parseOrUndefined(text: string, channel: string): Json | undefined {
  const { depth, values } = shapeOf(text);
  if (depth > MAX_DEPTH || values > MAX_VALUES) {
    throw new Denial('invalid_parameter', {
      param: channel,
      detail: 'These arguments are nested too deep, or too many.',
    });
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const unescaped = (text: string): string =>
  text
    .replaceAll(/\\u([0-9a-fA-F]{4})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    .replaceAll('\\/', '/');

/** Any JSON at all: keys are text, and so is a number, since a card number may be written as one. */
function mapAnyJson(value: Json, path: string, visit: Visit): Json {
  if (typeof value === 'string') return visit(value, path);
  if (typeof value === 'number') {
    const text = String(value);
    const result = visit(text, path);
    return result === text ? value : result;
  }
  if (Array.isArray(value)) return value.map((item: Json, i) => mapAnyJson(item, join(path, i), visit));
  if (!isObject(value)) return value;
  return mapMembers(value, path, true, (member, at) => mapAnyJson(member, at, visit), visit);
}

function mapMembers(
  value: JsonObject,
  path: string,
  freeKeys: boolean,
  mapMember: (member: Json, at: string) => Json,
  visit: Visit,
): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      // A key that the client chose is not a place in the API, and must not become part of a finding.
      const at = join(path, freeKeys ? '*' : key);
      return [freeKeys ? visit(key, at) : key, mapMember(member, at)];
    }),
  );
}

/** Length of all texts of a request in characters: an estimate of its tokens until the model server has counted them. */
export function textLength(fields: JsonObject): number {
  let length = 0;
  mapRequestTexts(fields, (text) => {
    length += text.length;
    return text;
  });
  return length;
}
