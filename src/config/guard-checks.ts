/** Checks of the side-cars that one setting alone does not show. */
import type { ConfigFault } from './config-fault.ts';
import type { Settings } from './schema.ts';
import { inertFiles, inTheClear } from './tls-checks.ts';

export function checkGuardrails({ sidecars }: Settings['guardrails']): ConfigFault[] {
  return sidecars.flatMap(({ url, caFile }, index) => {
    const at = `guardrails.sidecars.${index}`;
    const faults = inertFiles({ caFile }, url.startsWith('https:'), at, 'https://');
    if (url.startsWith('unix:') || !inTheClear(url)) return faults;
    const message = 'would send prompts in the clear. Use https://; http:// may only lead to this host itself';
    return [{ code: 'invalid_setting' as const, at: `${at}.url`, message }, ...faults];
  });
}
