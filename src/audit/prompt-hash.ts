import { createHmac } from 'node:crypto';
import { canonicalJson, type Json } from '../core/json.ts';

export interface PromptHasher {
  /** Says which secret was used, without saying anything about it: 8 hex digits. */
  readonly keyId: string;
  /** HMAC-SHA-256 (RFC 2104) of the prompt as canonical JSON, 64 hex digits. */
  hash(prompt: Json): string;
}

/**
 * Hashes prompts so that a log can be searched for a known prompt, and by nobody without the secret: a plain hash
 * of a short prompt is guessed in seconds.
 */
export function promptHasher(secret: string | Buffer): PromptHasher {
  const hmac = (text: string) => createHmac('sha256', secret).update(text).digest('hex');
  return {
    keyId: hmac('sallyport prompt hash key id v1').slice(0, 8),
    hash: (prompt) => hmac(canonicalJson(prompt)),
  };
}
