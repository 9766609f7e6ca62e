/**
 * `node bench/upload.ts`: a gibibyte through the passthrough (src/http/passthrough.ts) and through a bare pipe, in turns
 * within one run: up to a model server that takes it as fast as it comes, and down to a client that reads slowly. What
 * counts is by how much the memory of the process in the middle grows, and what it costs beside the bare pipe. Linux (/proc).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { terminal } from '../src/cli/terminal.ts';
import { passthrough } from '../src/http/passthrough.ts';

const MIB = 1024 * 1024;
const PIECE = Buffer.alloc(MIB, 'x');
const TOTAL = 1024 * MIB;
const WARM_UP = 64 * MIB;
const SUBJECTS = ['bare pipe', 'passthrough'] as const;
type Subject = (typeof SUBJECTS)[number];

/** Writes so many bytes, as fast as they are taken. */
async function pour(sink: NodeJS.WritableStream, bytes: number): Promise<void> {
  for (let left = bytes; left > 0; left -= PIECE.length) {
    if (!sink.write(PIECE)) await once(sink, 'drain');
  }
  sink.end();
}

/** Reads to the end, with a pause after each mebibyte, and counts. */
async function drain(source: IncomingMessage, pauseMs: number): Promise<number> {
  let bytes = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    const pauses = Math.floor((bytes + chunk.length) / MIB) - Math.floor(bytes / MIB);
    bytes += chunk.length;
    if (pauses > 0 && pauseMs > 0) await wait(pauses * pauseMs);
  }
  return bytes;
}

/** The process in the middle. */
async function middle(subject: Subject, upstream: string): Promise<void> {
  const pass = passthrough({ upstreams: [{ name: 'sink', url: upstream }], connectMs: 5000, idleMs: 60_000 });
  const through = (req: IncomingMessage, res: ServerResponse) => {
    const passage = { upstream: 'sink', route: '', target: req.url!, body: 'stream', destructive: false } as const;
    const never = new AbortController();
    return pass(req, res, { passage, payload: null }, { signal: never.signal, headers: {} });
  };
  const bare = (req: IncomingMessage, res: ServerResponse) => {
    const { method, headers } = req;
    const outgoing = request(upstream + req.url, { agent: false, method: method!, headers }, (answer) => {
      res.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(res);
    });
    req.pipe(outgoing);
  };
  const server = createServer(subject === 'passthrough' ? through : bare).listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send!((server.address() as AddressInfo).port);
}

interface Cost {
  readonly rssMib: number;
  readonly cpuSeconds: number;
  readonly seconds: number;
}

/** Resident memory now, in MiB. */
const rssOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

/** CPU time so far, in seconds; a tick is 10 ms on every Linux that Node runs on. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function measured(pid: number, work: () => Promise<void>): Promise<Cost> {
  const [rss, cpu, start] = [rssOf(pid), cpuOf(pid), performance.now()];
  let peak = rss;
  const watch = setInterval(() => {
    peak = Math.max(peak, rssOf(pid));
  }, 20);
  await work();
  clearInterval(watch);
  return { rssMib: peak - rss, cpuSeconds: cpuOf(pid) - cpu, seconds: (performance.now() - start) / 1000 };
}

async function upload(port: number, bytes: number): Promise<void> {
  const headers = { 'content-length': bytes };
  const asked = request({ port, host: '127.0.0.1', method: 'POST', path: '/up', headers, agent: false });
  const answered = once(asked, 'response') as Promise<[IncomingMessage]>;
  await pour(asked, bytes);
  const [answer] = await answered;
  const text = (await answer.toArray()).join('');
  if (text !== String(bytes)) throw new Error(`${text} of ${bytes} bytes came through`);
}

async function download(port: number, bytes: number, pauseMs: number): Promise<void> {
  const asked = request({ port, host: '127.0.0.1', path: `/down?${bytes}`, agent: false }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const read = await drain(answer, pauseMs);
  if (read !== bytes) throw new Error(`${read} of ${bytes} bytes came through`);
}

async function main(): Promise<void> {
  const sink = createServer(async (req, res) => {
    if (req.method === 'POST') return void res.end(String(await drain(req, 0)));
    const bytes = Number(req.url!.split('?')[1]);
    res.setHeader('content-length', bytes);
    // Who reads slowly may also leave.
    await pour(res, bytes).catch(() => {});
  }).listen(0, '127.0.0.1');
  await once(sink, 'listening');
  const url = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;
  const children: ChildProcess[] = [];
  try {
    for (const subject of SUBJECTS) {
      const child = fork(import.meta.filename, [subject, url]);
      children.push(child);
      const [port] = (await once(child, 'message')) as [number];
      const pid = child.pid!;
      await upload(port, WARM_UP);
      await download(port, WARM_UP, 0);
      const costs = {
        'up 1 GiB': await measured(pid, () => upload(port, TOTAL)),
        'up 1 GiB again': await measured(pid, () => upload(port, TOTAL)),
        'down 1 GiB, slowly': await measured(pid, () => download(port, TOTAL, 5)),
      };
      for (const [what, { rssMib, cpuSeconds, seconds }] of Object.entries(costs)) {
        terminal.out(
          `${subject}, ${what}: memory at most ${rssMib.toFixed(0)} MiB more, ${cpuSeconds.toFixed(2)} s CPU, ${seconds.toFixed(1)} s`,
        );
      }
    }
  } finally {
    for (const child of children) child.kill();
    sink.close();
  }
}

const [subject, upstream] = process.argv.slice(2);
if (upstream) await middle(subject as Subject, upstream);
else await main();
