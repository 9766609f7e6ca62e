import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { DEV_CLIENT } from '../../src/identity/issuing.ts';
import { mintKey } from '../../src/keys/format.ts';
import { clientNamed } from '../support/clients.ts';
import { HMAC_SECRET, startGateway, stopAll, type TestGateway, until } from '../support/gateway.ts';
import { runProgram } from '../support/program.ts';
import { chatAnswer, chatChunk, json, sse, startUpstream, type Upstream, usageChunk } from '../support/upstream.ts';

const CHAT = '/v1/chat/completions';
const ask = (more: object = {}) => ({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...more });

afterAll(stopAll);

describe('a running gateway', () => {
  let upstream: Upstream;
  let gateway: TestGateway;
  const cli = (...args: string[]) => runProgram(args, { cwd: gateway.dir });
  beforeAll(async () => {
    upstream = await startUpstream(json(200, chatAnswer('Write to jane@example.com.')));
    gateway = await startGateway({ upstream: upstream.url });
  });
  afterAll(() => upstream.close());

  test('operation: /healthz and /readyz say that all is well, and nothing else', async () => {
    expect(await gateway.ops('/healthz')).toMatchObject({ status: 200, json: { alive: true } });
    const { status, json: ready } = await gateway.ops('/readyz');
    expect(status).toBe(200);
    expect(ready).toEqual({
      ready: true,
      checks: { audit: true, upstream: true, limits: true, keys: true, serving: true },
    });
    expect((await gateway.ops('/v1/models')).status).toBe(404);
    // Not where clients are, who might learn from it.
    for (const path of ['/healthz', '/readyz', '/metrics']) expect((await gateway.get(path)).status).toBe(404);
  });

  test('operation: /metrics counts what happened, and has no label that a client could choose', async () => {
    const metric = async (name: string) => {
      const { text } = await gateway.ops('/metrics');
      return Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${name} `))
          ?.slice(name.length + 1) ?? 0,
      );
    };
    const chat = (status: number, denial: string, ending: string) =>
      `sallyport_requests_total{endpoint="chat.completions",status="${status}",denial="${denial}",ending="${ending}"}`;
    const names = [
      chat(200, 'none', 'complete'),
      chat(400, 'input_contains_pii', 'blocked'),
      'sallyport_requests_total{endpoint="none",status="401",denial="invalid_api_key",ending="blocked"}',
      'sallyport_tokens_total{team="tests",direction="input"}',
      'sallyport_tokens_total{team="tests",direction="output"}',
      'sallyport_findings_total{rule="pii.email",action="redact",direction="output"}',
      'sallyport_request_duration_seconds_count{endpoint="chat.completions"}',
      'sallyport_first_byte_seconds_count{endpoint="chat.completions"}',
    ];
    const before = await Promise.all(names.map(metric));
    await gateway.post(CHAT, ask());
    upstream.respond(sse([chatChunk('ok', { finish: 'stop' }), usageChunk(5, 4)]));
    await gateway.post(CHAT, ask({ stream: true, model: 'a-name-to-look-for' }));
    await gateway.post(CHAT, { model: 'm', messages: [{ role: 'user', content: '219-09-9999' }] });
    await gateway.post(CHAT, ask(), { key: null });
    const grown = () => Promise.all(names.map(async (name, i) => (await metric(name)) - before[i]!));
    await until(async () => (await grown())[0] === 2);
    expect(await grown()).toEqual([2, 1, 1, 12, 7, 1, 2, 2]);
    const { text, headers } = await gateway.ops('/metrics');
    expect(headers['content-type']).toMatch(/^text\/plain/);
    for (const line of ['audit_healthy 1', 'draining 0', 'requests_running 0', 'upstream_up{upstream="fake"} 1'])
      expect(text).toContain(`\nsallyport_${line}\n`);
    expect(text).not.toContain('a-name-to-look-for');
    expect(text).not.toContain(gateway.key.split('_')[1]);
  });

  test('operation: /readyz is red while no model server can be reached, and green again when one can', async () => {
    const other = await startUpstream();
    const lonely = await startGateway({ upstream: other.url });
    await until(async () => (await lonely.ops('/readyz')).status === 200);
    await other.close();
    await lonely.post(CHAT, ask());
    const { status, json: ready } = await lonely.ops('/readyz');
    expect(status).toBe(503);
    expect(ready).toMatchObject({ ready: false, checks: { upstream: false, audit: true } });
    await lonely.stop();
  });

  test('operation: a key that was revoked by the command stops working within a second; another goes on, and both are recorded', async () => {
    const issue = async () => {
      const { code, stdout } = await cli('keys', 'issue', '--team', 'red', '--app', DEV_CLIENT, '--env', 'test');
      expect(code).toBe(0);
      const key = stdout.trim();
      await gateway.keyWorks(key);
      return key;
    };
    const [revoked, kept] = [await issue(), await issue()];
    const id = revoked.split('_')[1]!;
    // Asks without a pause while the command runs, and notes when the answer changed.
    let refusedAt = 0;
    const asking = (async () => {
      while (refusedAt === 0) {
        const [gone, stays] = await Promise.all([
          gateway.post(CHAT, ask(), { key: revoked }),
          gateway.post(CHAT, ask(), { key: kept }),
        ]);
        expect(stays.status).toBe(200);
        if (gone.status === 401) refusedAt = Date.now();
        else expect(gone.status).toBe(200);
      }
    })();
    const { code, stderr } = await cli('keys', 'revoke', id);
    expect(code).toBe(0);
    expect(stderr).toContain(`Key ${id} is revoked.`);
    await asking;
    const { stdout } = await cli('keys', 'list', '--json');
    const listed = JSON.parse(stdout).find((key: { id: string }) => key.id === id);
    expect(listed).toMatchObject({ state: 'revoked', team: 'red' });
    expect(refusedAt - Date.parse(listed.revokedAt)).toBeLessThan(1000);
    expect((await gateway.post(CHAT, ask(), { key: kept })).status).toBe(200);
    expect((await gateway.recorded('key.revoked')).at(-1)).toMatchObject({ keyId: id, team: 'red', env: 'test' });
    const issued = (await gateway.recorded('key.issued', 2)).map(({ keyId }) => keyId);
    expect(issued).toEqual(expect.arrayContaining([id, kept.split('_')[1]]));
  });

  test('keys 48: a key that is wrong, malformed, expired, revoked, or of another client: one answer, and no hint of which', async () => {
    const past = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
    const expired = await gateway.issueKey({ issuedAt: past(2), expiresAt: past(1) });
    const revoked = await gateway.issueKey({ revokedAt: past(0) });
    const another = await gateway.issueKey({ client: 'another-client' });
    const last = await gateway.issueKey();
    await gateway.keyWorks(last);
    const right = gateway.key;
    const swapped = `${right.slice(0, -1)}${right.endsWith('A') ? 'B' : 'A'}`;
    const keys = [
      null,
      '',
      'nonsense',
      `${right}x`,
      swapped,
      mintKey().key,
      expired,
      revoked,
      another,
      right.toUpperCase(),
    ];
    const answers = await Promise.all(keys.map((key) => gateway.get('/v1/models', { key })));
    // The right key, from a client that it was not issued to
    const stranger = await clientNamed('another-client', gateway);
    answers.push((await stranger.get('/v1/models', right)) as (typeof answers)[number]);
    expect((await stranger.get('/v1/models', another)).status).not.toBe(401);
    await stranger.close();

    const constant = answers.map(({ status, headers, text }) => {
      const { 'x-request-id': id, date, ...rest } = headers;
      expect(id).toMatch(/^[0-9a-f-]{36}$/);
      expect(date).toBeDefined();
      return JSON.stringify({ status, rest, text });
    });
    expect(new Set(constant).size).toBe(1);
    expect(answers[0]!.status).toBe(401);
    expect(answers[0]!.headers).toMatchObject({ 'www-authenticate': 'Bearer', 'x-should-retry': 'false' });
  });

  test('operation: stderr is JSON, line by line, and holds no key', async () => {
    const lines = gateway.stderr().trimEnd().split('\n');
    for (const line of lines)
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number), time: expect.any(String) });
    expect(gateway.stderr()).not.toMatch(/sp_[0-9a-z]{10}_/);
    expect(gateway.stdout()).not.toMatch(/sp_[0-9a-z]{10}_/);
  });

  test.each([
    [
      'another gateway writes the log',
      (dir: string) => ({ audit: { dir: join(dir, 'var/audit') } }),
      2,
      /audit_dir_in_use/,
    ],
    [
      'the port is taken',
      (_: string, ports: Ports) => ({ listen: { port: ports.port } }),
      2,
      /listen\.port.*cannot_listen/s,
    ],
  ])('operation: no start while %s', async (_, config, code, sentence) => {
    const failed = startGateway({ upstream: upstream.url, config: config(gateway.dir, gateway) });
    await expect(failed).rejects.toThrow(`ended with ${code} before`);
    await expect(failed).rejects.toThrow(sentence);
  });
});
type Ports = { readonly port: number };

describe('what stops a start', () => {
  let dir: string;
  const env = { PROMPT_HMAC_SECRET: HMAC_SECRET };
  const upstreams = 'upstreams: [{ name: a, kind: vllm, url: "http://127.0.0.1:1" }]\n';
  const run = (command: 'check' | 'serve', file: string, more: Record<string, string> = {}) =>
    runProgram([...(command === 'check' ? ['config', 'check'] : ['serve']), '--config', file], {
      cwd: dir,
      env: { ...env, ...more },
    });
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sallyport-config-'));
    await cp(inject('pki'), join(dir, 'certs'), { recursive: true });
    await writeFile(join(dir, 'good.yaml'), upstreams);
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  test('operation: config check names every fault at once, each with its place and its code, and so does serve', async () => {
    await writeFile(
      join(dir, 'bad.yaml'),
      `listen: { port: 70000 }
tls: { minVersion: TLSv1.1, certfile: x }
upstreams:
  - { name: a, kind: openai, url: "http://127.0.0.1:1" }
  - { name: a b, kind: vllm, url: "http://u:p@host/v1" }
limits: { requestsPerMinute: 0, requestPerMinute: 5, floodPerMinute: "many" }
timeouts: { totalMs: 1.5 }
guardrails: { input: { injection: redact }, output: { maxChars: -1 }, sidecars: [{}] }
audit: { snippetChars: 201, durability: none }
admin: { enabled: maybe }
keys: { store: s3 }
surprise: {}
`,
    );
    const [check, serve] = await Promise.all([
      run('check', 'bad.yaml', { PROMPT_HMAC_SECRET: '', REDIS_URL: 'http://redis', INFERENCE_TIMEOUT_MS: '10s' }),
      run('serve', 'bad.yaml'),
    ]);
    expect([check.code, serve.code]).toEqual([2, 2]);
    const faults = (stderr: string) =>
      stderr.split('\n').flatMap((line) => {
        const [, at, code] = /^ {2}(\S+): .*? \(([a-z]+_[a-z]+)\)/.exec(line) ?? [];
        return at ? [`${at} ${code}`] : [];
      });
    const inFile = [
      'listen.port invalid_setting',
      'tls.minVersion invalid_setting',
      'tls.certfile unknown_setting',
      'upstreams.0.kind invalid_setting',
      'upstreams.1.name invalid_setting',
      'upstreams.1.url invalid_setting',
      'limits.requestsPerMinute invalid_setting',
      'limits.requestPerMinute unknown_setting',
      'limits.floodPerMinute invalid_setting',
      'timeouts.totalMs invalid_setting',
      'guardrails.input.injection invalid_setting',
      'guardrails.output.maxChars invalid_setting',
      'guardrails.sidecars.0.name invalid_setting',
      'guardrails.sidecars.0.url invalid_setting',
      'audit.snippetChars invalid_setting',
      'audit.durability invalid_setting',
      'admin.enabled invalid_setting',
      'keys.store invalid_setting',
      'surprise unknown_setting',
    ];
    const inEnvironment = [
      'PROMPT_HMAC_SECRET missing_secret',
      'REDIS_URL invalid_environment',
      'INFERENCE_TIMEOUT_MS invalid_environment',
    ];
    expect(faults(check.stderr).sort()).toEqual([...inFile, ...inEnvironment].sort());
    expect(faults(serve.stderr).sort()).toEqual([...inFile].sort());
    expect(check.stdout).toBe('');
  });

  test.concurrent.each([
    ['an empty file', '', [/upstreams: .*\(invalid_setting\)/]],
    ['a setting given twice', `${upstreams}ops: {}\nops: {}\n`, [/is not valid YAML.*\(config_not_yaml\)/s]],
    [
      'what could have no effect, or two',
      `upstreams: [{ name: a, kind: vllm, url: "http://a:1" }, { name: a, kind: vllm, url: "http://b:1" }]
limits: { whenStoreFails: local }
`,
      [/upstreams\.1\.name: .*\(duplicate_name\)/, /limits\.whenStoreFails: .*\(inert_setting\)/],
    ],
  ])('operation: config check: %s is exit code 2', async (name, yaml, sentences) => {
    const file = `${name.replaceAll(' ', '-')}.yaml`;
    await writeFile(join(dir, file), yaml);
    const { code, stderr } = await run('check', file);
    for (const sentence of sentences) expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/^ {4}at /m);
    expect(code).toBe(2);
  });

  test('operation: config check is content with a good file; config schema prints one that names every setting', async () => {
    const [check, schema, missing] = await Promise.all([
      run('check', 'good.yaml'),
      runProgram(['config', 'schema'], { cwd: dir }),
      run('check', 'nowhere.yaml'),
    ]);
    expect(check).toMatchObject({ code: 0, stdout: 'good.yaml is well.\n', stderr: '' });
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(/nowhere\.yaml: it does not exist\. Copy .*\(config_unreadable\)/);
    expect(schema.code).toBe(0);
    const { properties, required, additionalProperties } = JSON.parse(schema.stdout);
    expect(Object.keys(properties).sort()).toEqual(
      [
        'admin',
        'alerts',
        'audit',
        'guardrails',
        'identity',
        'keys',
        'limits',
        'listen',
        'ops',
        'stateDir',
        'timeouts',
        'tls',
        'upstreams',
      ].sort(),
    );
    expect(required).toEqual(['upstreams']);
    expect(additionalProperties).toBe(false);
    const described = Object.values(properties.limits.properties).every(
      (one) => (one as { description?: string }).description,
    );
    expect(described).toBe(true);
  });

  test('operation: the example configuration is well', async () => {
    const example = join(import.meta.dirname, '../../config/sallyport.example.yaml');
    expect(await run('check', example)).toMatchObject({ code: 0 });
  });

  const pem = (name: string) => join('certs', name);
  test.concurrent.each<[string, string, RegExp]>([
    [
      'no server certificate',
      'certFile: certs/none.pem',
      /tls\.certFile\) certs\/none\.pem: it does not exist\. Run .*pki init.*\(tls_cert_unusable\)/,
    ],
    [
      'no server key',
      'keyFile: certs/none.pem',
      /tls\.keyFile\) certs\/none\.pem: it does not exist\. Run .*pki init.*\(tls_key_unusable\)/,
    ],
    [
      'no client CA',
      'clientCaFile: certs/none.pem',
      /certs\/none\.pem: it does not exist\..*pki init.*\(tls_file_missing\)/s,
    ],
    [
      'the key of another certificate',
      `keyFile: ${pem('client-key.pem')}`,
      /cannot be used together.*\(tls_pair_unusable\)/s,
    ],
    ['a revocation list that is none', `crlFile: ${pem('client-cert.pem')}`, /\(crl_unusable\)/],
  ])('operation: %s: no start, exit code 2, and a sentence that says what to do', async (name, setting, sentence) => {
    const work = name.replaceAll(' ', '-');
    await mkdir(join(dir, work));
    for (const link of ['certs', 'good.yaml']) await symlink(join(dir, link), join(dir, work, link));
    await writeFile(
      join(dir, work, 'tls.yaml'),
      `${upstreams}listen: { port: 0 }\nops: { port: 0 }\ntls: { ${setting} }\n`,
    );
    const { code, stderr } = await runProgram(['serve', '--config', 'tls.yaml'], { cwd: join(dir, work), env });
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/^ {4}at /m);
    expect(code).toBe(2);
  });

  test('operation: a key file that is broken is exit code 2, a log that was changed exit code 1', async () => {
    const start = async (name: string, file: string, text: string) => {
      await mkdir(join(dir, name, 'var/audit'), { recursive: true });
      await symlink(join(dir, 'certs'), join(dir, name, 'certs'));
      await writeFile(join(dir, name, file), text);
      await writeFile(join(dir, name, 's.yaml'), `${upstreams}listen: { port: 0 }\nops: { port: 0 }\n`);
      return runProgram(['serve', '--config', 's.yaml'], { cwd: join(dir, name), env });
    };
    const record = `{"v":1,"seq":1,"timestamp":"2026-01-01T00:00:00.000Z","event":"gateway.started","instance":"a","prev":"${'1'.repeat(64)}"}\n`;
    const [keys, log] = await Promise.all([
      start('broken-keys', 'var/keys.json', '{'),
      start('broken-log', 'var/audit/audit-000000000001.jsonl', record),
    ]);
    expect(keys.stderr).toMatch(/var\/keys\.json.*\(keys_invalid\)/);
    expect(log.stderr).toMatch(/audit-000000000001\.jsonl.*\(audit_log_damaged\)/s);
    expect([keys.code, log.code]).toEqual([2, 1]);
  });

  test('operation: usage: help is exit code 0, anything that is no command 2', async () => {
    const [help, none, inherited] = await Promise.all(
      [['--help'], [], ['toString']].map((args) => runProgram(args, { cwd: dir })),
    );
    expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: sallyport COMMAND') });
    for (const run of [none, inherited]) {
      expect(run!.code).toBe(2);
      expect(run!.stderr).toContain('Usage: sallyport');
      expect(run!.stderr).not.toMatch(/^ {4}at /m);
    }
  });
});
