/** Checks of the sinks and witnesses that one setting alone does not show: with the environment, and with each other. */
import { resolve, sep } from 'node:path';
import { hasUserInfo } from './audit-schema.ts';
import { type ConfigFault, type Environment, REDIS_REMEDY, REDIS_URL } from './config-fault.ts';
import type { Settings } from './schema.ts';
import { inertFiles, inTheClear, type TlsPair } from './tls-checks.ts';

type Audit = Settings['audit'];
type Sink = Audit['sinks'][number];
type HttpSink = Exclude<Sink, { kind: 'syslog' | 'redis' }>;

/** What the settings of the audit log name by its environment variable, because it must not stand in a file; and what is wrong. */
export function checkAudit(
  audit: Audit,
  environment: Environment,
): { secrets: Record<string, string>; faults: readonly ConfigFault[] } {
  const secrets: Record<string, string> = {};
  const faults: ConfigFault[] = [];
  for (const [index, sink] of audit.sinks.entries()) {
    const at = `audit.sinks.${index}`;
    for (const [setting, variable] of variablesOf(sink)) {
      secrets[variable] = environment[variable] ?? '';
      if (secrets[variable] !== '') continue;
      const message = `names ${variable}, which is not set. Set it in the environment or in .env`;
      faults.push({ code: 'missing_secret', at: `${at}.${setting}`, message });
    }
    if (sink.kind === 'syslog') faults.push(...halfPair(sink, at));
    else if (sink.kind === 'redis') faults.push(...checkRedis(sink, at, secrets[sink.urlEnv]!));
    else faults.push(...checkHttp(sink, at, secrets));
  }
  return { secrets, faults: [...faults, ...checkWitnesses(audit)] };
}

function variablesOf(sink: Sink): [setting: string, variable: string][] {
  const { urlEnv, authorizationEnv } = { urlEnv: null, authorizationEnv: null, ...sink };
  return Object.entries({ urlEnv, authorizationEnv }).filter((entry): entry is [string, string] => entry[1] !== null);
}

function checkRedis(sink: Extract<Sink, { kind: 'redis' }>, at: string, url: string): ConfigFault[] {
  if (url === '') return [];
  if (!REDIS_URL.test(url)) return [{ code: 'invalid_environment', at: sink.urlEnv, message: REDIS_REMEDY }];
  return inertFiles({ caFile: sink.caFile }, url.startsWith('rediss:'), at, 'rediss://');
}

function checkHttp(sink: HttpSink, at: string, secrets: Readonly<Record<string, string>>): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const { authorizationEnv } = sink;
  if (authorizationEnv !== null && !HEADER_VALUE.test(secrets[authorizationEnv]!)) {
    const message = 'holds a line break or another character that no header may have';
    faults.push({ code: 'invalid_environment', at: authorizationEnv, message });
  }
  const fromEnvironment = 'urlEnv' in sink;
  const url = fromEnvironment ? secrets[sink.urlEnv]! : sink.url;
  if (url === '') return faults;
  if (fromEnvironment && (!/^https?:\/\//.test(url) || !URL.canParse(url) || hasUserInfo(url))) {
    const message = 'use https://host/path, without a name and a password, or http:// to this host itself';
    return [...faults, { code: 'invalid_environment', at: sink.urlEnv, message }];
  }
  if ((fromEnvironment || authorizationEnv !== null) && inTheClear(url)) {
    const [code, where] = fromEnvironment
      ? (['invalid_environment', sink.urlEnv] as const)
      : (['invalid_setting', `${at}.url`] as const);
    const message = 'would send a secret in the clear. Use https://; http:// may only lead to this host itself';
    faults.push({ code, at: where, message });
  }
  return [...faults, ...inertFiles({ caFile: sink.caFile }, url.startsWith('https:'), at, 'https://')];
}

function halfPair({ certFile, keyFile }: TlsPair, at: string): ConfigFault[] {
  if ((certFile === null) === (keyFile === null)) return [];
  const [alone, missing] = certFile === null ? ['keyFile', 'certFile'] : ['certFile', 'keyFile'];
  const message = `has no effect without ${missing}. Set both, or remove it`;
  return [{ code: 'inert_setting', at: `${at}.${alone}`, message }];
}

function checkWitnesses({ dir, witnesses }: Audit): ConfigFault[] {
  const files = witnesses.map((witness) => ('file' in witness ? resolve(witness.file) : null));
  return witnesses.flatMap((witness, index): ConfigFault[] => {
    const at = `audit.witnesses.${index}`;
    if ('url' in witness) {
      const usesTls = witness.url.startsWith('https:');
      return [...halfPair(witness, at), ...inertFiles(witness, usesTls, at, 'https://')];
    }
    const file = files[index]!;
    const message = `${file}${sep}`.startsWith(`${resolve(dir)}${sep}`)
      ? 'lies in audit.dir, where whoever changes the log can change it too. Keep it elsewhere'
      : files.indexOf(file) < index
        ? 'is the file of another witness. Give every one its own'
        : null;
    return message === null ? [] : [{ code: 'invalid_setting', at: `${at}.file`, message }];
  });
}

/** RFC 9110 §5.5, with nothing around it that would be cut off. */
const HEADER_VALUE = /^([!-~\x80-\xff]([\t -~\x80-\xff]*[!-~\x80-\xff])?)?$/;
