/** What the commands for API keys share: their usage, where the keys are, and how times are written. */
import type { Fault } from '../core/fault.ts';
import { KeyInvalid } from '../keys/issue.ts';
import { usageFault } from './arguments.ts';
import { openStateFor } from './state.ts';

export const USAGE = `Usage: sallyport keys issue --team T --app A --env E [--role R] [--models a,b] [--client PATTERN] [--ttl 90d]
                            [--owner WHO] [--networks 10.1.0.0/16,…] [--hours "mon-fri 08:00-18:00 Europe/Berlin"]
                            [--profile NAME] [--json]
       sallyport keys rotate ID [--overlap 24h] [--ttl 90d] [--json]
       sallyport keys revoke ID
       sallyport keys list [--json]
       sallyport keys verify [--client NAME] [--remote ADDRESS] [--json]     reads the key from stdin
       each with [--config config/sallyport.yaml], or with [--file var/keys.json]: a key file, wherever it belongs`;

export const usage = (problem: string): Fault => usageFault(problem, USAGE);

export const PLACE = { config: { type: 'string' }, file: { type: 'string' } } as const;

type State = Awaited<ReturnType<typeof openStateFor>>;

/**
 * Opens the keys that a command is about, and closes them when its work is done.
 * @throws Fault those of the configuration and of the store; `usage` in place of KeyInvalid: what cannot be in a key was asked for by an option
 */
export async function withKeys<Result extends 0 | 1>(
  { config, file }: { readonly config?: string | undefined; readonly file?: string | undefined },
  work: (state: State) => Promise<Result>,
): Promise<Result> {
  const state = await openStateFor({ config, file });
  try {
    return await work(state);
  } catch (error) {
    if (!(error instanceof KeyInvalid)) throw error;
    throw usage(`--${error.member === 'guardrails' ? 'profile' : error.member}: ${error.hint}.`);
  } finally {
    await state.close();
  }
}

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * `90d`, `12h`, `30m` or `0` in milliseconds.
 * @throws Fault `usage`
 */
export function parseSpan(option: string, text: string): number {
  const [, amount, unit] = /^(?:(\d{1,9})([mhd])|0)$/.exec(text) ?? [];
  if (text === '0') return 0;
  if (!amount) throw usage(`--${option} ${text}: write minutes, hours or days, as in 30m, 12h or 90d.`);
  return Number(amount) * UNITS[unit as keyof typeof UNITS];
}
