/** What holds for the address of every service that the gateway calls. */
import type { ConfigFault } from './config-fault.ts';

export interface TlsPair {
  readonly certFile: string | null;
  readonly keyFile: string | null;
}

/** Files for TLS where none is spoken. */
export function inertFiles(
  files: Partial<TlsPair> & { readonly caFile: string | null },
  usesTls: boolean,
  at: string,
  scheme: string,
): ConfigFault[] {
  if (usesTls) return [];
  const message = `has no effect without a URL that begins with ${scheme}. Correct the URL, or remove it`;
  return (['caFile', 'certFile', 'keyFile'] as const)
    .filter((setting) => (files[setting] ?? null) !== null)
    .map((setting) => ({ code: 'inert_setting', at: `${at}.${setting}`, message }));
}

/** Whether what is sent there can be read on the way. */
export function inTheClear(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}
