/** Finds a prompt in a log that holds none: by its HMAC, under every secret that may have made it. */
import type { Json } from '../../core/json.ts';
import type { AuditRecord } from '../format/chain.ts';
import { promptHasher } from '../prompt-hash.ts';

export interface PromptSearch {
  /** HMACs of the prompt, hex, one for each secret and each reading of the prompt. */
  readonly hashes: ReadonlySet<string>;
  /** Whether a record is of this prompt. Is to be shown every record: it also counts those that cannot be searched. */
  matches(record: AuditRecord): boolean;
  /** Ids of the secrets that made hashes in the log and were not given, and how many records have such a hash. */
  readonly unknown: ReadonlyMap<string, number>;
}

/**
 * @param secrets the values of PROMPT_HMAC_SECRET, now and before
 * @param prompts what the prompt may have been as JSON
 */
export function promptSearch(secrets: readonly string[], prompts: readonly Json[]): PromptSearch {
  const hashers = secrets.map(promptHasher);
  const known = new Set<unknown>(hashers.map(({ keyId }) => keyId));
  const hashes = new Set(hashers.flatMap(({ hash }) => prompts.map(hash)));
  const unknown = new Map<string, number>();
  return {
    hashes,
    unknown,
    matches: ({ promptHash, promptHashKeyId }) => {
      if (typeof promptHash !== 'string') return false;
      if (typeof promptHashKeyId === 'string' && !known.has(promptHashKeyId)) {
        unknown.set(promptHashKeyId, (unknown.get(promptHashKeyId) ?? 0) + 1);
      }
      return hashes.has(promptHash);
    },
  };
}
