/** From the bytes of a body to a request that may be looked at further. */
import type { z } from 'zod';
import { Denial } from '../core/denial.ts';
import type { EndpointName } from '../core/exchange.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import type { Limits } from '../core/policy.ts';
import { ENDPOINTS, modelInPath } from './endpoints.ts';
import { NOT_SENT_ON, REQUESTS } from './schemas.ts';
import { join, parseStrictJson } from './strict-json.ts';

export interface InferenceRequest {
  /** The validated fields, as they will be sent on. */
  readonly fields: JsonObject;
  readonly model: string;
  readonly choices: number;
  readonly mostOutputTokens: number;
  readonly stream: boolean;
  /** Whether the client asked for the usage chunk of a stream. It is always asked for upstream. */
  readonly usageAsked: boolean;
  /** Whether the client asked for events that are filled up: that is done here. */
  readonly paddingAsked: boolean;
  /** What `promptHash` is made of: `messages`, `prompt` or `input` as it came. */
  readonly prompt: Json;
}

/** The endpoints whose requests have a body. */
export type BodyEndpoint = keyof typeof REQUESTS;

/** Whether a request to this endpoint has a body. */
export const takesBody = (endpoint: EndpointName): endpoint is BodyEndpoint => endpoint in REQUESTS;

/** The model named in the target of a bodyless request; null where it names none. */
export const modelOfTarget = (endpoint: EndpointName, target: string): string | null =>
  endpoint === 'models.get' ? modelInPath(target) : null;

/**
 * The body must be JSON in UTF-8, and as it is: a guard reads no archive.
 * @throws Denial `unsupported_media_type`; `invalid_json` for another charset
 */
export function checkMediaType(contentType: string | undefined, contentEncoding: string | undefined): void {
  const [mediaType, ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  if (mediaType !== 'application/json') throw new Denial('unsupported_media_type');
  for (const parameter of parameters) {
    const [key, value] = parameter.split('=');
    if (key === 'charset' && value?.replaceAll('"', '') !== 'utf-8') {
      throw new Denial('invalid_json', { detail: 'Send it in UTF-8.' });
    }
  }
  if (contentEncoding !== undefined && contentEncoding.trim().toLowerCase() !== 'identity')
    throw new Denial('unsupported_media_type');
}

/**
 * @throws Denial `invalid_json`, `unknown_parameter`, `invalid_parameter`, `limit_exceeded_parameter`
 */
export function readRequest(endpoint: BodyEndpoint, body: Uint8Array, limits: Limits): InferenceRequest {
  const raw = parseStrictJson(body);
  const parsed = REQUESTS[endpoint].safeParse(raw);
  if (!parsed.success) throw refusal(parsed.error.issues[0]!);
  const given = Object.fromEntries(
    Object.entries(parsed.data as JsonObject).filter(([key, value]) => value !== null && !NOT_SENT_ON.includes(key)),
  );
  const fields = { ...given, ...withinLimits(endpoint, given, limits) };
  const prompts = promptsIn(given);
  const number = (field: string, otherwise: number): number =>
    typeof fields[field] === 'number' ? fields[field] : otherwise;
  return {
    fields,
    model: parsed.data.model,
    choices: prompts * number('n', 1),
    mostOutputTokens: number('max_tokens', 0) * prompts * Math.max(number('n', 1), number('best_of', 1)),
    stream: fields['stream'] === true,
    usageAsked: asks(raw, 'include_usage'),
    paddingAsked: asks(raw, 'include_obfuscation'),
    prompt: raw[ENDPOINTS[endpoint].prompt!]!,
  };
}

const asks = ({ stream_options: options }: JsonObject, option: string): boolean =>
  isObject(options) && options[option] === true;

/** Checks what may be asked for, and returns the fields that have to say it to the model server. */
function withinLimits(endpoint: EndpointName, fields: JsonObject, limits: Limits): JsonObject {
  if (endpoint === 'embeddings') return {};
  const cap = (param: string, most: number): void => {
    const value = fields[param];
    if (typeof value === 'number' && value > most) {
      throw new Denial('limit_exceeded_parameter', { param, detail: `${param} may be at most ${most}.` });
    }
  };
  // Every prompt of a list has choices of its own.
  const perPrompt = Math.floor(limits.maxChoices / promptsIn(fields));
  if (perPrompt < 1) {
    const detail = `There may be at most ${limits.maxChoices} prompts.`;
    throw new Denial('limit_exceeded_parameter', { param: 'prompt', detail });
  }
  cap('n', perPrompt);
  cap('best_of', perPrompt);
  cap('max_tokens', limits.maxOutputTokens);
  cap('max_completion_tokens', limits.maxOutputTokens);
  cap('min_tokens', limits.maxOutputTokens);
  return {
    // Always said, and in the field that every model server knows: no generation without an end.
    max_tokens: Math.min(
      (fields['max_tokens'] as number | undefined) ?? limits.maxOutputTokens,
      (fields['max_completion_tokens'] as number | undefined) ?? limits.maxOutputTokens,
    ),
    // Usage is what a stream is charged by, so it is not for the client to switch off.
    ...(fields['stream'] === true ? { stream_options: { include_usage: true } } : {}),
  };
}

const promptsIn = ({ prompt }: JsonObject): number => (Array.isArray(prompt) ? prompt.length : 1);

function refusal(issue: z.core.$ZodIssue, base: readonly PropertyKey[] = []): Denial {
  const path = [...base, ...issue.path].map(String);
  if (issue.code === 'invalid_union') {
    // The option that got furthest is the one the client meant.
    const candidates = issue.errors
      .flat()
      .filter((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys');
    const deepest = candidates.sort((a, b) => b.path.length - a.path.length)[0];
    if (deepest) return refusal(deepest, path);
  }
  if (issue.code === 'unrecognized_keys') {
    return new Denial('unknown_parameter', { param: join(path.join('.'), issue.keys[0]!).slice(0, 200) });
  }
  const param = path.join('.').slice(0, 200);
  return new Denial('invalid_parameter', { param, detail: sentence(issue.message) });
}

const sentence = (message: string): string => `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
