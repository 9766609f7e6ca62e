/**
 * `npm run bench`: the CPU time that a request costs, in the gateway and in the bare proxy, measured in turns within one
 * run; then the guards (guard.ts), the audit log against the bare disk (audit.ts), and how long a revocation takes (kill.ts). Only the ratios mean something: both had the same machine,
 * the same noise and the same work. Linux (/proc).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Agent, request } from 'undici';
import { terminal } from '../src/cli/terminal.ts';
import { initPki } from '../src/identity/issuing.ts';
import { changeKeys } from '../src/keys/file-store.ts';
import { newKey } from '../src/keys/issue.ts';
import { auditBench } from './audit.ts';
import { guardBench } from './guard.ts';
import { killBench } from './kill.ts';

const ROUNDS = 5;
const REQUESTS = 400;
const CONNECTIONS = 16;
/** `getconf CLK_TCK`: 100 on every Linux that Node runs on. */
const TICK_MS = 10;

const dir = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
const children: ChildProcess[] = [];
const here = (file: string) => join(import.meta.dirname, file);
const run = (args: string[], env: NodeJS.ProcessEnv = {}) => {
  const child = spawn(process.execPath, args, {
    cwd: dir,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
};
const firstLine = async (child: ChildProcess): Promise<string> =>
  (await once(createInterface({ input: child.stdout! }), 'line'))[0];

/** CPU time of a process so far, in milliseconds. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

let sent = 0;

async function load(port: number, agent: Agent, key: string, stream: boolean): Promise<void> {
  // Each time another text: one that has been judged before costs nothing.
  const body = () =>
    JSON.stringify({
      model: 'm',
      stream,
      messages: [{ role: 'user', content: `${sent++}: ${'Tell me about the harbour at night. '.repeat(10)}` }],
    });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  let left = REQUESTS;
  const worker = async () => {
    while (left-- > 0) {
      const answer = await request(`https://localhost:${port}/v1/chat/completions`, {
        method: 'POST',
        dispatcher: agent,
        headers,
        body: body(),
      });
      if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${await answer.body.text()}`);
      await answer.body.dump({ limit: 10_000_000 });
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
}

try {
  await initPki(dir);
  const { key, record } = newKey(
    { team: 'bench', app: 'bench', env: 'bench', role: 'inference', models: ['*'], client: '*' },
    3_600_000,
  );
  await changeKeys(join(dir, 'var/keys.json'), () => [record]);
  const upstream = `http://127.0.0.1:${await firstLine(run([here('upstream.ts')]))}`;
  const settings = {
    listen: { port: 0 },
    ops: { port: 0 },
    tls: {
      certFile: 'server-cert.pem',
      keyFile: 'server-key.pem',
      clientCaFile: 'internal-ca-cert.pem',
      crlFile: 'crl.pem',
    },
    // vllm: connections are used again after a stream, as the bare proxy does.
    upstreams: [{ name: 'bench', kind: 'vllm', url: upstream, maxInFlight: 64 }],
    limits: { requestsPerMinute: 1e9, tokensPerMinute: null, concurrent: 1000, floodPerMinute: 1e9 },
    audit: { stdout: false },
  };
  // YAML is a superset of JSON.
  writeFileSync(join(dir, 'sallyport.yaml'), JSON.stringify(settings));
  const gateway = run([here('../src/main.ts'), 'serve', '--config', 'sallyport.yaml'], {
    PROMPT_HMAC_SECRET: 'x'.repeat(32),
  });
  const [line] = await once(createInterface({ input: gateway.stderr! }), 'line');
  const bare = run([here('bare-proxy.ts'), upstream, dir]);
  const subjects = [
    { name: 'bare proxy', pid: bare.pid!, port: Number(await firstLine(bare)) },
    { name: 'sallyport', pid: gateway.pid!, port: JSON.parse(line).port as number },
  ];
  const pem = (name: string) => readFileSync(join(dir, `${name}.pem`));
  const agent = new Agent({
    connections: CONNECTIONS,
    connect: { ca: pem('internal-ca-cert'), cert: pem('client-cert'), key: pem('client-key') },
  });

  for (const stream of [false, true]) {
    const costs = subjects.map(() => [] as number[]);
    // One round more, first: it warms up and does not count.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [i, { pid, port }] of subjects.entries()) {
        const before = cpuMs(pid);
        await load(port, agent, key, stream);
        if (round > 0) costs[i]!.push(((cpuMs(pid) - before) / REQUESTS) * 1000);
      }
    }
    const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
    const [base, ours] = costs.map(median) as [number, number];
    terminal.out(
      `${stream ? 'SSE, 61 events' : 'JSON'}: bare proxy ${base.toFixed(0)} µs CPU a request, Sallyport ${ours.toFixed(0)}: ${(ours / base).toFixed(2)} times`,
    );
  }
  await agent.destroy();
  guardBench(terminal.out);
  await auditBench(terminal.out, process.cwd());
  await killBench();
} finally {
  for (const child of children) child.kill();
  rmSync(dir, { recursive: true, force: true });
}
