import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import type { Match } from './scan.ts';

/** What was found in texts that have been judged before. */
export interface Memory {
  /** Stands for a text and how it was judged; it cannot be turned back into the text. */
  keyOf(how: string, text: string): string;
  recall(key: string): readonly Match[] | undefined;
  keep(key: string, matches: readonly Match[]): void;
}

/** A text with more is judged anew: what is kept has to stay small. */
const MOST_MATCHES = 16;

/**
 * Remembers verdicts, so that a long conversation costs only its new turn. It knows texts by an HMAC under a secret of
 * this process: no text, and nothing that would tell one after the process has ended.
 * @param most entries; the one that was asked for longest ago goes first
 */
export function memory(most = 20_000): Memory {
  const secret = createSecretKey(randomBytes(32));
  const known = new Map<string, readonly Match[]>();
  return {
    keyOf: (how, text) => createHmac('sha256', secret).update(`${how}\n${text}`).digest('base64'),
    recall(key) {
      const matches = known.get(key);
      if (matches === undefined) return undefined;
      known.delete(key);
      known.set(key, matches);
      return matches;
    },
    keep(key, matches) {
      if (matches.length > MOST_MATCHES) return;
      known.set(key, matches);
      if (known.size > most) known.delete(known.keys().next().value!);
    },
  };
}
