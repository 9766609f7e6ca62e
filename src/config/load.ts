/** Reads the configuration: file, environment, `.env`. Reports all faults at once, each with a code and a remedy. */
import { readFileSync } from 'node:fs';
import dotenv from 'dotenv';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { Fault } from '../core/fault.ts';
import { errnoOf, fileFault } from '../core/files.ts';
import { checkAdmin } from './admin-checks.ts';
import { checkAudit } from './audit-checks.ts';
import { type ConfigFault, type Environment, REDIS_REMEDY, REDIS_URL } from './config-fault.ts';
import { checkGuardrails } from './guard-checks.ts';
import { promptSecrets } from './prompt-secrets.ts';
import { type Config, type Settings, settings } from './schema.ts';

/** The environment of this process, completed by `.env` in the working directory; what is set wins over the file. */
export function readEnvironment(envFile = '.env'): Environment {
  let fromFile: Environment = {};
  try {
    fromFile = dotenv.parse(readFileSync(envFile));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT')
      throw fileFault('env_file_unreadable', 'the environment file', envFile, error, 'Make it readable, or remove it.');
  }
  return { ...fromFile, ...process.env };
}

/**
 * @throws Fault `config_unreadable`, `config_not_yaml`, or `config_invalid`, which lists every fault on a line of its own
 */
export function loadConfig(file: string, environment: Environment = readEnvironment()): Config {
  const { config, faults } = checkConfig(readYaml(file), environment);
  if (config) return config;
  throw unusable(file, faults);
}

function unusable(file: string, faults: readonly ConfigFault[]): Fault {
  const lines = faults.map(({ code, at, message }) => `  ${at}: ${message} (${code})`);
  return new Fault('config_invalid', [`The configuration ${file} cannot be used:`, ...lines].join('\n'));
}

const stateSettings = settings.pick({ keys: true, stateDir: true });

/**
 * Where keys and lockdown are, and nothing else: for those who manage them, and have none of the gateway's secrets.
 * @param file null: what would be if a configuration said nothing
 * @returns with them the names of the profiles that a key may carry; null where there is no configuration
 * @throws Fault `config_unreadable`, `config_not_yaml`, or `config_invalid`
 */
export function loadStateSettings(
  file: string | null,
  environment: Environment = readEnvironment(),
): Pick<Config, 'keys' | 'stateDir' | 'redisUrl'> & { readonly profiles: readonly string[] | null } {
  const raw = file === null ? {} : readYaml(file);
  const parsed = stateSettings.safeParse(onlyState(raw));
  const redisUrl = environment['REDIS_URL'] || null;
  const faults = parsed.success
    ? [...checkRedisUrl(redisUrl), ...checkState(parsed.data, raw, environment)]
    : parsed.error.issues.flatMap(explain);
  if (!parsed.success || faults.length > 0) throw unusable(file ?? 'of this directory', faults);
  return { ...parsed.data, redisUrl, profiles: file === null ? null : profilesIn(raw) };
}

/** Whether they are well is for the gateway to say: here only their names count. */
function profilesIn(raw: unknown): readonly string[] {
  const { guardrails } = raw as { readonly guardrails?: { readonly profiles?: object } | null };
  return Object.keys(guardrails?.profiles ?? {});
}

function onlyState(raw: unknown): unknown {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return raw;
  return Object.fromEntries(Object.entries(raw).filter(([name]) => name in stateSettings.shape));
}

const checkRedisUrl = (url: string | null): ConfigFault[] =>
  url === null || REDIS_URL.test(url) ? [] : [{ code: 'invalid_environment', at: 'REDIS_URL', message: REDIS_REMEDY }];

function readYaml(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw fileFault(
      'config_unreadable',
      'the configuration',
      file,
      error,
      'Copy config/sallyport.example.yaml, or correct the path.',
    );
  }
  // `uniqueKeys` is on by default: a setting given twice is a fault, not a surprise.
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) throw new Fault('config_not_yaml', `The configuration ${file} is not valid YAML: ${error.message}`);
  return document.toJS() ?? {};
}

/** Checks settings and environment together; exactly one of `config` and `faults` has something in it. */
export function checkConfig(
  raw: unknown,
  environment: Environment,
): { config: Config | null; faults: readonly ConfigFault[] } {
  const faults: ConfigFault[] = [];
  const parsed = settings.safeParse(overridden(raw, environment, faults));
  if (!parsed.success) faults.push(...parsed.error.issues.flatMap(explain));
  else
    faults.push(
      ...inert(parsed.data, environment),
      ...duplicates(parsed.data),
      ...checkGuardrails(parsed.data.guardrails),
      ...checkAdmin(parsed.data, raw),
      ...checkState(parsed.data, raw, environment),
    );

  const prompts = promptSecrets(environment);
  faults.push(...prompts.faults);
  const redisUrl = environment['REDIS_URL'] || null;
  faults.push(...checkRedisUrl(redisUrl));
  const audit = parsed.success ? checkAudit(parsed.data.audit, environment) : null;
  faults.push(...(audit?.faults ?? []));
  if (faults.length > 0 || !parsed.success || !audit) return { config: null, faults };
  const { secrets } = audit;
  return { config: { ...parsed.data, promptHmacSecret: prompts.secrets.current, redisUrl, secrets }, faults };
}

const OVERRIDES = [
  ['PORT', 'listen', 'port'],
  ['INFERENCE_TIMEOUT_MS', 'timeouts', 'totalMs'],
] as const;

/** The settings with PORT and INFERENCE_TIMEOUT_MS in place of what the file says. */
function overridden(raw: unknown, environment: Environment, faults: ConfigFault[]): unknown {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return raw;
  const result: Record<string, unknown> = { ...raw };
  for (const [variable, section, setting] of OVERRIDES) {
    const value = environment[variable];
    if (value === undefined || value === '') continue;
    if (!/^\d{1,9}$/.test(value)) {
      faults.push({ code: 'invalid_environment', at: variable, message: 'use a whole number' });
      continue;
    }
    result[section] = { ...(result[section] as object | undefined), [setting]: Number(value) };
  }
  return result;
}

function explain(issue: z.core.$ZodIssue): ConfigFault[] {
  const at = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      code: 'unknown_setting',
      at: at ? `${at}.${key}` : key,
      message: 'there is no such setting. Run "sallyport config schema" for those there are',
    }));
  }
  return [{ code: 'invalid_setting', at: at || '(top level)', message: issue.message }];
}

/** Settings that could have no effect: somebody believes in a protection that is not there. */
function inert(config: Settings, environment: Environment): ConfigFault[] {
  const faults: ConfigFault[] = [];
  if (config.limits.whenStoreFails === 'local' && !environment['REDIS_URL']) {
    faults.push({
      code: 'inert_setting',
      at: 'limits.whenStoreFails',
      message:
        'has no effect without REDIS_URL: requests are counted in this process already. Remove it or set REDIS_URL',
    });
  }
  return faults;
}

/** What depends on where the keys are kept. */
function checkState({ keys }: Pick<Settings, 'keys'>, raw: unknown, environment: Environment): ConfigFault[] {
  if (keys.store === 'file') return [];
  const faults: ConfigFault[] = [];
  if (!environment['REDIS_URL'])
    faults.push({
      code: 'missing_secret',
      at: 'keys.store',
      message: 'needs REDIS_URL. Set it in the environment or in .env',
    });
  if (typeof raw === 'object' && raw !== null && 'stateDir' in raw)
    faults.push({
      code: 'inert_setting',
      at: 'stateDir',
      message: 'has no effect where keys.store is redis: everything is kept there. Remove it',
    });
  return faults;
}

/**
 * Two of a kind with one name could not be told apart: in the audit log, in metrics, by their cursors. The cursors of sinks
 * are files, and some file systems do not tell upper case from lower.
 */
function duplicates({ upstreams, audit, guardrails }: Settings): ConfigFault[] {
  const lists: Record<string, readonly string[]> = {
    upstreams: upstreams.map(({ name }) => name),
    'audit.sinks': audit.sinks.map(({ name }) => name.toLowerCase()),
    'audit.witnesses': audit.witnesses.map(({ name }) => name.toLowerCase()),
    'guardrails.sidecars': guardrails.sidecars.map(({ name }) => name),
  };
  return Object.entries(lists).flatMap(([at, names]) => {
    const repeated = names.flatMap((name, i) => (names.indexOf(name) === i ? [] : [i]));
    return repeated.map((i) => ({
      code: 'duplicate_name' as const,
      at: `${at}.${i}.name`,
      message: 'is used twice. Give every one a name of its own, which differs in more than case',
    }));
  });
}
