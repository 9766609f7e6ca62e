import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { promptHasher } from '../../src/audit/prompt-hash.ts';
import { auditFind } from '../../src/cli/audit-find.ts';
import { tempDir } from '../audit/helpers.ts';
import { linesOf, OLD_SECRET, PROMPT, SECRET, sample } from '../audit/read/samples.ts';
import { startGateway, stopAll } from '../support/gateway.ts';
import { runProgram } from '../support/program.ts';
import { listeningTerminal } from '../support/terminal.ts';
import { chatAnswer, json, startUpstream } from '../support/upstream.ts';

afterEach(() => vi.unstubAllEnvs());
afterAll(stopAll);

const OLD = promptHasher(OLD_SECRET);
const LOG = [
  sample('gateway.started'),
  sample('inference.admitted'),
  sample('inference.completed'),
  sample('inference.completed', { promptHash: OLD.hash(PROMPT), promptHashKeyId: OLD.keyId, requestId: 'req-2' }),
];

async function fileOf(content: string): Promise<string> {
  const file = join(await tempDir(), 'audit-000000000001.jsonl');
  await writeFile(file, content);
  return file;
}
const logOf = (lines: string[]) => fileOf(lines.map((line) => `${line}\n`).join(''));

async function run(secrets: { now?: string; before?: string }, ...argv: string[]) {
  vi.stubEnv('PROMPT_HMAC_SECRET', secrets.now ?? SECRET);
  vi.stubEnv('PROMPT_HMAC_SECRET_PREVIOUS', secrets.before ?? '');
  const { terminal, said } = listeningTerminal();
  return { code: await auditFind(argv, terminal), lines: said.written.split('\n').slice(0, -1), err: said.err };
}

describe('sallyport audit find', () => {
  test('names the records of a prompt, and what could not be searched', async () => {
    const log = await logOf(linesOf(LOG));
    const prompt = await fileOf(JSON.stringify({ model: 'm', messages: PROMPT }));
    const { code, lines, err } = await run({}, '--prompt-file', prompt, log);
    expect({ code, err }).toEqual({
      code: 0,
      err: [`1 record of secret ${OLD.keyId} cannot be searched: give the secret in PROMPT_HMAC_SECRET_PREVIOUS.`],
    });
    const secret = `secret ${promptHasher(SECRET).keyId}`;
    expect(lines).toEqual([
      expect.stringMatching(new RegExp(`^2 {2}.*inference\\.admitted .*k000000001 .*llama-3.* ${secret}$`)),
      expect.stringMatching(new RegExp(`^3 {2}.*inference\\.completed .*complete.* ${secret}$`)),
    ]);
  });

  test('finds what was hashed with a secret before this one', async () => {
    const log = await logOf(linesOf(LOG));
    const prompt = await fileOf('where is the canary?\n');
    const found = await run({ before: `${'x'.repeat(32)},${OLD_SECRET}` }, '--prompt-file', prompt, log);
    expect(found).toMatchObject({ code: 0, lines: { length: 3 }, err: [] });
  });

  test('prints with --json the lines as they are', async () => {
    const lines = linesOf(LOG);
    const found = await run({}, '--json', await logOf(lines), '--prompt-file', await fileOf(JSON.stringify(PROMPT)));
    expect(found).toMatchObject({ code: 0, lines: lines.slice(1, 3) });
  });

  test('says that it found nothing, and with which secrets it could not look', async () => {
    const log = await logOf(linesOf(LOG));
    const other = await run({}, '--prompt-file', await fileOf('another prompt'), log);
    expect(other).toMatchObject({ code: 1, lines: [], err: { length: 2 } });
    expect(other.err.at(-1)).toBe('No record is of this prompt.');
    const blind = await run({ now: 'y'.repeat(32) }, '--prompt-file', await fileOf(JSON.stringify(PROMPT)), log);
    expect(blind).toMatchObject({ code: 1, lines: [], err: { length: 3 } });
    expect(blind.err[0]).toMatch(/^2 records of secret [0-9a-f]{8} cannot be searched/);
  });

  test('repeats nothing that would move the cursor', async () => {
    const evil = '\u001b]0;owned\u0007\u001b[2J\nfake';
    const forged = [
      sample('inference.completed', { promptHashKeyId: evil }),
      sample('inference.completed', { promptHash: promptHasher(SECRET).hash(PROMPT), promptHashKeyId: evil }),
    ];
    const { lines, err } = await run(
      {},
      '--prompt-file',
      await fileOf(JSON.stringify(PROMPT)),
      await logOf(linesOf(forged)),
    );
    expect(lines.at(-1)).toMatch(/secret \ufffd\]0;owned\ufffd\ufffd\[2J\ufffdfake$/);
    expect(err[0]).toMatch(/^2 records of secret \ufffd/);
    expect([...lines, ...err].join('')).not.toMatch(/\p{Cc}/u);
  });

  test('reads a damaged log as far as it can, and says so', async () => {
    const lines = linesOf(LOG).toSpliced(1, 0, 'no record', '{"v":9}');
    const found = await run({}, '--prompt-file', await fileOf(JSON.stringify(PROMPT)), await logOf(lines));
    expect(found).toMatchObject({ code: 0, lines: { length: 2 } });
    expect(found.err[0]).toBe('2 lines are no records: run sallyport audit verify.');
  });

  test.each([
    ['no prompt file', {}, [], 'usage'],
    ['an option that does not exist', {}, ['--prompt', 'x'], 'usage'],
    ['a prompt file that does not exist', {}, ['--prompt-file', '/nowhere/prompt'], 'prompt_file_unusable'],
    ['no secret', { now: '' }, ['--prompt-file', 'package.json'], 'missing_secret'],
    ['a short secret before', { before: 'short' }, ['--prompt-file', 'package.json'], 'invalid_environment'],
    ['no log', {}, ['--prompt-file', 'package.json', '/nowhere'], 'audit_unreadable'],
  ])('refuses %s', async (_what, secrets, argv, code) => {
    await expect(run(secrets, ...argv)).rejects.toMatchObject({ code, exitCode: 2 });
  });
});

test('what a gateway has answered is found, also after its secret was changed, and is never printed', async () => {
  const canary = 'canary-7f3a9c';
  const upstream = await startUpstream(json(200, chatAnswer('fine')));
  const gateway = await startGateway({ upstream: upstream.url, env: { PROMPT_HMAC_SECRET: OLD_SECRET } });
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: canary }], temperature: 0.5 });
  expect((await gateway.post('/v1/chat/completions', body)).status).toBe(200);
  await gateway.recorded('inference.completed');
  await writeFile(join(gateway.dir, 'body.json'), body);
  await writeFile(join(gateway.dir, 'prompt.txt'), `${canary}\n`);

  const NEW_SECRET = 'z'.repeat(40);
  for (const env of [
    { PROMPT_HMAC_SECRET: OLD_SECRET },
    { PROMPT_HMAC_SECRET: NEW_SECRET, PROMPT_HMAC_SECRET_PREVIOUS: OLD_SECRET },
  ]) {
    for (const file of ['body.json', 'prompt.txt']) {
      const found = await runProgram(['audit', 'find', '--prompt-file', file], { cwd: gateway.dir, env });
      expect(found).toMatchObject({ code: 0, stderr: '' });
      expect(found.stdout).toMatch(/inference\.admitted[^\n]*\n[^\n]*inference\.completed[^\n]*\n$/);
      expect(found.stdout).not.toContain(canary);
    }
  }
  const lost = { cwd: gateway.dir, env: { PROMPT_HMAC_SECRET: NEW_SECRET } };
  const missed = await runProgram(['audit', 'find', '--prompt-file', 'body.json'], lost);
  expect(missed).toMatchObject({ code: 1, stdout: '' });
  expect(missed.stderr).toMatch(/^2 records of secret [0-9a-f]{8} cannot be searched/);
  await gateway.stop();
  await upstream.close();
});
