/** From a file with a prompt to what a gateway may have hashed. */
import { Fault } from '../core/fault.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import { ENDPOINTS } from '../openai/endpoints.ts';
import { parseStrictJson } from '../openai/strict-json.ts';

const PROMPT_FIELDS = [...new Set(Object.values(ENDPOINTS).flatMap(({ prompt }) => prompt ?? []))];
const FINAL_NEWLINE = /\r?\n$/;

/**
 * The prompts that a file may stand for. It is a request body, or what stands in one for the prompt, parsed as the gateway
 * parses it; and in any case a text, which may be a prompt as it is, or the only message of a user. Editors end a text with
 * a newline that the prompt did not have, so it is looked for with and without.
 * @throws Fault `prompt_file_unusable`
 */
export function promptsIn(file: Buffer): readonly Json[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file);
  } catch (error) {
    throw new Fault('prompt_file_unusable', 'The prompt file is not UTF-8, which every prompt is. Convert it.', {
      cause: error,
    });
  }
  if (text === '') throw new Fault('prompt_file_unusable', 'The prompt file is empty. Write the prompt into it.');
  const bare = text.replace(FINAL_NEWLINE, '');
  const texts = [...new Set([text, bare, `${bare}\n`])];
  return [...inJson(text), ...texts, ...texts.map((content) => [{ role: 'user', content }])];
}

function inJson(text: string): Json[] {
  const value = parsed(text);
  if (!isObject(value)) return value === null ? [] : [value];
  return PROMPT_FIELDS.map((field) => value[field]).filter((prompt) => prompt !== undefined);
}

/** The object, array or string in the text; null if it has none that the gateway would accept. */
function parsed(text: string): Json {
  try {
    const value: Json = JSON.parse(text);
    if (isObject(value)) return parseStrictJson(Buffer.from(text));
    // Strictly, which is for objects: as it would stand in a request.
    const body: JsonObject = parseStrictJson(Buffer.from(`{"prompt":${text}}`));
    return body['prompt']!;
  } catch {
    return null;
  }
}
