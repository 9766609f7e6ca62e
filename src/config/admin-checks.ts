/** Checks of administration that one setting alone does not show. */
import { admin } from './admin-schema.ts';
import type { ConfigFault } from './config-fault.ts';
import type { Settings } from './schema.ts';
import { inertFiles } from './tls-checks.ts';

/** Whether two addresses can be one. */
const overlap = (one: string, other: string): boolean =>
  one === other || [one, other].some((host) => ['0.0.0.0', '::'].includes(host));

const DEFAULTS = admin.parse({});

/** @param raw the settings as they were written: whether a list is left out or null makes a difference */
export function checkAdmin({ admin: settings, listen, ops }: Settings, raw: unknown): ConfigFault[] {
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
  const saysList = 'crlFile' in ((raw as { admin: object }).admin ?? {});
  const samePort = Object.entries({ listen, ops }).filter(
    ([, { host, port }]) => port !== 0 && port === settings.port && overlap(host, settings.host),
  );
  return [
    ...samePort.map(([section]) => ({
      code: 'invalid_setting' as const,
      at: 'admin.port',
      message: `is the port of ${section} too. Give each listener its own`,
    })),
    ...(clientCaFile !== null && !saysList
      ? [
          {
            code: 'invalid_setting' as const,
            at: 'admin.crlFile',
            message:
              'is missing beside admin.clientCaFile. Name the list of that CA, or write null: then none is ever revoked',
          },
        ]
      : []),
    ...(crlFile !== null && clientCaFile === null ? [inert('crlFile', 'admin.clientCaFile')] : []),
    ...(approvals === 'off' && isSet('approvalMinutes') && approvalMinutes
      ? [inert('approvalMinutes', 'admin.approvals')]
      : []),
    ...(oidc ? inertFiles({ caFile: oidc.caFile }, oidc.issuer.startsWith('https:'), 'admin.oidc', 'https://') : []),
  ];
}
