/** Checks of administration that one setting alone does not show. */
import { admin } from './admin-schema.ts';
import type { ConfigFault } from './config-fault.ts';
import type { Settings } from './schema.ts';
import { inertFiles } from './tls-checks.ts';

const DEFAULTS = admin.parse({});

export function checkAdmin(settings: Settings['admin']): ConfigFault[] {
  const inert = (setting: string, without: string): ConfigFault => ({
    code: 'inert_setting',
    at: `admin.${setting}`,
    message: `has no effect without ${without}. Set that, or remove it`,
  });
  const { enabled, clientCaFile, crlFile, approvals, approvalMinutes, oidc } = settings;
  const isSet = (name: keyof typeof DEFAULTS) => settings[name] !== DEFAULTS[name];
  // The port may stand there: it is what the listener would have.
  if (!enabled)
    return (Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[])
      .filter((name) => name !== 'port' && isSet(name))
      .map((name) => inert(name, 'admin.enabled: true'));
  return [
    ...(crlFile !== null && clientCaFile === null ? [inert('crlFile', 'admin.clientCaFile')] : []),
    ...(approvals === 'off' && isSet('approvalMinutes') && approvalMinutes
      ? [inert('approvalMinutes', 'admin.approvals')]
      : []),
    ...(oidc ? inertFiles({ caFile: oidc.caFile }, oidc.issuer.startsWith('https:'), 'admin.oidc', 'https://') : []),
  ];
}
