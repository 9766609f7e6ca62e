/** `sallyport redteam`: attacks on the guards, and look-alikes that they must leave alone. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileFault } from '../core/files.ts';
import { readTlsPair } from '../core/tls-pair.ts';
import { FAMILIES, type Family } from '../redteam/families.ts';
import type { Target } from '../redteam/probe.ts';
import { htmlOf } from '../redteam/reports/html.ts';
import { junitOf } from '../redteam/reports/junit.ts';
import { tableOf } from '../redteam/reports/table.ts';
import { run } from '../redteam/run.ts';
import { type Report, Tally } from '../redteam/tally.ts';
import { parseArguments, usageFault } from './arguments.ts';
import { ownGuards } from './redteam-in-process.ts';
import { liveGateway } from './redteam-live.ts';
import type { Terminal } from './terminal.ts';

const USAGE = `Usage: sallyport redteam [--seed S] [--family A,B] [--draws N | --all] [--json F] [--junit F] [--html F]
                         [--min-recall R] [--max-false-alarms R]
                         [--target URL --key KEY --cert F --cert-key F [--ca F] --model M]
  --seed S              draws other probes; the same seed, the same probes (default 1)
  --family A,B          only these: ${FAMILIES.map(({ id }) => id).join(', ')}
  --draws N             probes for each line of the suite (default 5); --all runs every one there is
  --json F, --junit F, --html F
                        writes the result to a file
  --min-recall R        share of attacks to be caught, 0 to 1, in place of the suite's own thresholds
  --max-false-alarms R  share of look-alikes that may be caught
  --target URL          a gateway that runs, asked with the API key KEY (@F reads it from a file) and a client certificate;
                        without it the guards of this program are tried`;

const OPTIONS = {
  seed: { type: 'string', default: '1' },
  family: { type: 'string' },
  draws: { type: 'string', default: '5' },
  all: { type: 'boolean', default: false },
  json: { type: 'string' },
  junit: { type: 'string' },
  html: { type: 'string' },
  'min-recall': { type: 'string' },
  'max-false-alarms': { type: 'string' },
  target: { type: 'string' },
  key: { type: 'string' },
  cert: { type: 'string' },
  'cert-key': { type: 'string' },
  ca: { type: 'string' },
  model: { type: 'string' },
} as const;

const TLS_NAMES = {
  cert: 'the certificate (--cert)',
  key: 'the key of the certificate (--cert-key)',
  remedy: 'Correct the path, or make it readable.',
};
const PROGRESS_MS = 100;
const BAR = 24;
const MOST_DRAWS = 10_000;

type Values = ReturnType<typeof parse>;
const parse = (argv: string[]) => parseArguments(argv, { options: OPTIONS, usage: USAGE }).values;

/**
 * @param argv what follows `redteam`
 * @returns exit code: 0 every threshold is met, 1 one is not, or a probe failed
 * @throws Fault `usage`, `report_unwritable`, `target_key_unusable`, `tls_cert_unusable`, `tls_key_unusable`,
 * `tls_pair_unusable`, `tls_ca_unusable`, `target_refused`, `target_unreachable`
 */
export async function redteam(argv: string[], terminal: Terminal): Promise<0 | 1> {
  const values = parse(argv);
  const families = familiesOf(values.family);
  const draws = values.all ? 'all' : drawsOf(values.draws);
  const minRecall = shareOf('min-recall', values);
  const maxFalseAlarms = shareOf('max-false-alarms', values);
  await using closing = new AsyncDisposableStack();
  const target = await openTarget(values, closing);

  const tally = new Tally();
  const show = progressBar((line) => terminal.progress(line));
  closing.defer(() => terminal.progress(null));
  await run(
    families,
    target,
    { seed: values.seed, draws, model: values.model ?? 'redteam' },
    { onResult: (result) => tally.add(result), onLine: show },
  );
  terminal.progress(null);

  const report = tally.report(
    { target: values.target ?? 'the guards of this program', seed: values.seed },
    ({ attack, threshold }) => {
      const demanded = attack ? minRecall : maxFalseAlarms;
      return demanded === undefined ? threshold : { plain: demanded, disguised: demanded };
    },
  );
  await write(values.json, `${JSON.stringify(report, null, 2)}\n`);
  await write(values.junit, junitOf(report));
  await write(values.html, htmlOf(report));
  for (const line of tableOf(report)) terminal.out(line);
  for (const line of firstFailures(report)) terminal.err(line);
  return report.passed ? 0 : 1;
}

function familiesOf(names: string | undefined): readonly Family[] {
  if (names === undefined) return FAMILIES;
  const wanted = names.split(',').map((name) => name.trim());
  const unknown = wanted.find((name) => !FAMILIES.some(({ id }) => id === name));
  if (unknown !== undefined) throw usageFault(`There is no family "${unknown}".`, USAGE);
  return FAMILIES.filter(({ id }) => wanted.includes(id));
}

function drawsOf(text: string): number {
  const draws = Number(text);
  if (/^\d{1,5}$/.test(text) && draws >= 1 && draws <= MOST_DRAWS) return draws;
  throw usageFault(`--draws ${text}: give a number from 1 to ${MOST_DRAWS}.`, USAGE);
}

function shareOf(name: 'min-recall' | 'max-false-alarms', values: Values): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  if (/^(0|1|0?\.\d+|1\.0+)$/.test(text)) return Number(text);
  throw usageFault(`--${name} ${text}: give a share from 0 to 1.`, USAGE);
}

async function openTarget(values: Values, closing: AsyncDisposableStack): Promise<Target> {
  const { target: url, key, cert, 'cert-key': certKey, ca, model } = values;
  if (url === undefined) {
    if (key ?? cert ?? certKey ?? ca ?? model)
      throw usageFault('--key, --cert, --cert-key, --ca and --model go with --target.', USAGE);
    return ownGuards();
  }
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:')
    throw usageFault('--target takes the https:// address of a gateway.', USAGE);
  if (!key || !cert || !certKey || !model)
    throw usageFault('--target needs --key, --cert, --cert-key and --model.', USAGE);
  const tls = {
    ...readTlsPair(cert, certKey, TLS_NAMES),
    ca: ca === undefined ? null : await readOr('tls_ca_unusable', 'the CA of the gateway', ca),
  };
  const gateway = liveGateway({ url, tls, key: key.startsWith('@') ? await keyIn(key.slice(1)) : key });
  closing.defer(gateway.close);
  return gateway;
}

const keyIn = async (file: string): Promise<string> =>
  (await readOr('target_key_unusable', 'the file with the API key', file)).toString().trim();

async function readOr(code: string, what: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw fileFault(code, what, file, error, TLS_NAMES.remedy);
  }
}

async function write(file: string | undefined, text: string): Promise<void> {
  if (file === undefined) return;
  try {
    await writeFile(file, text);
  } catch (error) {
    throw fileFault(
      'report_unwritable',
      'the file of a report',
      file,
      error,
      'Name a file in a directory that exists.',
    );
  }
}

/** Says how far it is, now and then. */
function progressBar(show: (line: string) => void): (done: number, of: number) => void {
  let shown = 0;
  return (done, of) => {
    const now = performance.now();
    if (now - shown < PROGRESS_MS && done < of) return;
    shown = now;
    const filled = Math.floor((BAR * done) / of);
    show(
      `[${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}] ${Math.floor((100 * done) / of)} %, line ${done} of ${of}`,
    );
  };
}

/** Why probes failed: a fault of the gateway, or of the suite. */
function firstFailures({ families, failed }: Report): string[] {
  if (failed === 0) return [];
  const failures = families.flatMap(({ misses }) => misses.filter(({ outcome }) => outcome === 'failed'));
  return failures
    .slice(0, 5)
    .map(({ id, place, disguise, detail }) => `FAILED ${id} (${disguise}, ${place}): ${detail ?? 'no reason given'}`);
}
