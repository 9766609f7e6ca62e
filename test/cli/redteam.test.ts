/** `sallyport redteam`: on the guards of this program, and on a gateway that runs. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { redteam } from '../../src/cli/redteam.ts';
import { ownGuards } from '../../src/cli/redteam-in-process.ts';
import { verdictOf } from '../../src/cli/redteam-live.ts';
import { FAMILIES } from '../../src/redteam/families.ts';
import { run as runSuite } from '../../src/redteam/run.ts';
import { Tally } from '../../src/redteam/tally.ts';
import { startGateway } from '../support/gateway.ts';
import { sharedUpstream } from '../support/shared-upstream.ts';
import { listeningTerminal } from '../support/terminal.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'redteam-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

async function run(...argv: string[]) {
  const { terminal, said } = listeningTerminal();
  const code = await redteam(argv, terminal);
  return { code, ...said };
}

test('every threshold of the suite holds, and nothing fails', async () => {
  const tally = new Tally();
  await runSuite(
    FAMILIES,
    ownGuards(),
    { seed: 'ci', draws: 3, model: 'm' },
    { onResult: (result) => tally.add(result), onLine: () => {} },
  );
  const report = tally.report({ target: 'ci', seed: 'ci' });
  expect(report.families.flatMap(({ misses }) => misses.filter(({ outcome }) => outcome === 'failed'))).toEqual([]);
  const short = report.families.filter(({ met }) => !met.plain || !met.disguised);
  expect(short.map(({ family, plain, disguised, threshold }) => ({ family, plain, disguised, threshold }))).toEqual([]);
  expect(report.probes).toBeGreaterThan(2000);
}, 60_000);

describe('in-process', () => {
  test('tells what it found, in every form, and how far it is', async () => {
    const files = { json: join(dir, 'r.json'), junit: join(dir, 'r.xml'), html: join(dir, 'r.html') };
    const { code, out, progress } = await run(
      '--family',
      'leaked-values,answers',
      '--draws',
      '2',
      ...Object.entries(files).flatMap(([name, file]) => [`--${name}`, file]),
    );
    expect(code).toBe(0);
    expect(out.join('\n')).toMatch(/leaked-values +\d/);
    expect(progress[0]).toMatch(/^\[#*\.*\] \d+ %, line 1 of \d+$/);
    expect(progress.at(-1)).toBeNull();
    const report = JSON.parse(readFileSync(files.json, 'utf8'));
    expect(report).toMatchObject({
      passed: true,
      seed: '1',
      families: [{ family: 'leaked-values' }, { family: 'answers' }],
    });
    expect(readFileSync(files.junit, 'utf8')).toContain('<testsuite name="leaked-values"');
    expect(readFileSync(files.html, 'utf8')).toContain('<td>leaked-values</td>');
  });

  test('comes to the same again with the same seed', async () => {
    const once = await run('--family', 'answers,numbers', '--seed', '42', '--draws', '3');
    expect((await run('--family', 'numbers,answers', '--seed', '42', '--draws', '3')).out).toEqual(once.out);
  });

  test('exits with 1 when a threshold is missed, and takes thresholds of one’s own', async () => {
    const strict = await run('--family', 'encoded', '--draws', '2', '--min-recall', '1');
    expect([strict.code, strict.out.at(-1)]).toEqual([1, expect.stringContaining('NOT GOOD ENOUGH')]);
    expect((await run('--family', 'encoded', '--draws', '2', '--min-recall', '0')).code).toBe(0);
    expect((await run('--family', 'questions', '--draws', '1', '--max-false-alarms', '1')).code).toBe(0);
  });
});

test.each([
  [['--family', 'nonsense'], 'There is no family "nonsense".'],
  [['--draws', '0'], '--draws 0'],
  [['--draws', 'many'], '--draws many'],
  [['--min-recall', '85'], '--min-recall 85'],
  [['--max-false-alarms', '-1'], '--max-false-alarms'],
  [['--model', 'm'], 'go with --target'],
  [['--target', 'http://localhost:1'], 'https://'],
  [['--target', 'https://localhost:1'], '--target needs'],
  [['extra'], 'It takes options only.'],
  [['--forever'], '--forever'],
])('refuses %j', async (argv, message) => {
  await expect(run(...argv)).rejects.toMatchObject({
    code: 'usage',
    exitCode: 2,
    message: expect.stringContaining(message),
  });
});

test('says when a report cannot be written', async () => {
  await expect(run('--family', 'answers', '--draws', '1', '--json', join(dir, 'none', 'r.json'))).rejects.toMatchObject(
    { code: 'report_unwritable' },
  );
});

test.each<[string, number, string | null, string, unknown]>([
  ['a refusal by a guard', 400, 'prompt_injection', '', { outcome: 'blocked', found: [{ kind: 'injection' }] }],
  ['personal data', 400, 'input_contains_pii', '', { outcome: 'blocked', found: [{ kind: 'pii' }] }],
  ['an answer', 200, null, 'clean', { outcome: 'passed' }],
  ['an answer of a gateway that says nothing of it', 200, null, '', { outcome: 'passed' }],
  ['a redacted prompt', 200, null, 'redacted', { outcome: 'redacted' }],
  ['pseudonyms', 200, null, 'pseudonymised', { outcome: 'redacted' }],
  ['a flag', 200, null, 'flagged', { outcome: 'flagged' }],
  ['what the model server does not take', 400, 'context_length_exceeded', '', { outcome: 'passed' }],
  ['a model server that fails', 502, 'upstream_error', '', { outcome: 'passed' }],
  ['an answer that is withheld', 400, 'output_blocked', '', { outcome: 'passed' }],
  ['what the reader does not take', 400, 'invalid_parameter', '', { outcome: 'failed', detail: 'invalid_parameter' }],
  ['something else that broke', 503, null, '', { outcome: 'failed', detail: 'status 503' }],
  ['a limit: again later', 429, 'rate_limited', '', null],
])('live: %s', (_what, status, code, guard, verdict) => {
  const seen = verdictOf({ status, code, guard, retryAfterMs: 0 });
  if (verdict === null) expect(seen).toBeNull();
  else expect(seen).toMatchObject(verdict as object);
});

describe('a gateway that runs', () => {
  const upstream = sharedUpstream();
  const files = () => [
    '--cert',
    join(inject('pki'), 'client-cert.pem'),
    '--cert-key',
    join(inject('pki'), 'client-key.pem'),
    '--ca',
    join(inject('pki'), 'internal-ca-cert.pem'),
  ];

  test('is tried by its API', async () => {
    const gateway = await startGateway({ upstream: upstream().url });
    const keyFile = join(dir, 'key');
    writeFileSync(keyFile, `${gateway.key}\n`);
    const at = ['--target', gateway.url, '--model', 'm', '--draws', '2', ...files()];
    const { out, err, code } = await run(
      ...at,
      '--key',
      `@${keyFile}`,
      '--family',
      'override,leaked-values,questions',
      '--min-recall',
      '0',
      '--max-false-alarms',
      '1',
    );
    expect(err).toEqual([]);
    expect(code).toBe(0);
    expect(out.join('\n')).toMatch(/override +[1-9]\d\.\d %/);
    // Its answers are those of its model.
    expect(out.join('\n')).not.toContain('leaked-values');
    expect(out.at(-1)).toContain(gateway.url);

    await expect(run(...at, '--key', 'sp_wrong', '--family', 'questions')).rejects.toMatchObject({
      code: 'target_refused',
    });
    await gateway.stop();
    await expect(run(...at, '--key', gateway.key, '--family', 'questions')).rejects.toMatchObject({
      code: 'target_unreachable',
    });
  }, 60_000);
});
