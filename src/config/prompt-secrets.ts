/** The secrets that prompts are hashed with: the one in force, and those before it, whose records can still be searched. */

/** Shorter ones are guessed. */
const MIN_BYTES = 32;

export interface PromptSecrets {
  readonly current: string;
  /** The newest first. */
  readonly previous: readonly string[];
}

export interface SecretFault {
  readonly code: 'missing_secret' | 'invalid_environment';
  /** Name of the environment variable. */
  readonly at: string;
  /** Follows the name in a sentence. */
  readonly message: string;
}

/** Reads PROMPT_HMAC_SECRET and PROMPT_HMAC_SECRET_PREVIOUS, and says what is wrong with them. */
export function promptSecrets(environment: Readonly<Record<string, string | undefined>>): {
  secrets: PromptSecrets;
  faults: readonly SecretFault[];
} {
  const faults: SecretFault[] = [];
  const current = environment['PROMPT_HMAC_SECRET'] ?? '';
  if (Buffer.byteLength(current) < MIN_BYTES) {
    const state = current === '' ? 'is not set' : `is shorter than ${MIN_BYTES} bytes`;
    faults.push({
      code: 'missing_secret',
      at: 'PROMPT_HMAC_SECRET',
      message: `${state}. Without it prompts cannot be told apart in the audit log. Make one with: openssl rand -hex ${MIN_BYTES}`,
    });
  }
  const previous = (environment['PROMPT_HMAC_SECRET_PREVIOUS'] ?? '')
    .split(',')
    .map((secret) => secret.trim())
    .filter(Boolean);
  if (previous.some((secret) => Buffer.byteLength(secret) < MIN_BYTES)) {
    faults.push({
      code: 'invalid_environment',
      at: 'PROMPT_HMAC_SECRET_PREVIOUS',
      message: `holds one that is shorter than ${MIN_BYTES} bytes. Separate several by commas, the newest first; a secret with a comma in it cannot be among them`,
    });
  }
  return { secrets: { current, previous }, faults };
}
