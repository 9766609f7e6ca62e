/** Logs that sign, and a witness for them on loopback. */
import { createPublicKey, generateKeyPairSync, hash, type KeyObject } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { formatLine } from '../../../src/audit/format/chain.ts';
import { originOf } from '../../../src/audit/format/checkpoint.ts';
import { readEntry } from '../../../src/audit/witness/entry.ts';
import type { Conflict } from '../../../src/audit/witness/refusals.ts';
import { witnessServer } from '../../../src/audit/witness/server.ts';
import { openWitness, type Witness, type WitnessOptions } from '../../../src/audit/witness/witness.ts';
import { bind, shut } from '../../../src/core/listening.ts';
import { checkpointFields, tempDir } from '../helpers.ts';

export const newKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey;
export const headOf = (text: string): string => hash('sha256', text, 'hex');

/** Whoever has the key of a log. */
export interface TestLog {
  readonly key: KeyObject;
  readonly publicKey: KeyObject;
  readonly origin: string;
  /** The line of a checkpoint. Without a `story` it is the honest one. */
  line(size: number, story?: string): string;
}

export function testLog(key = newKey()): TestLog {
  const publicKey = createPublicKey(key);
  return {
    key,
    publicKey,
    origin: originOf(publicKey),
    line(size, story = 'honest') {
      const head = headOf(`${story} ${size}`);
      const position = {
        seq: size + 1,
        timestamp: new Date(1_700_000_000_000 + size).toISOString(),
        instance: 'gate-1',
        prev: head,
      };
      return formatLine(position, checkpointFields(size, head, key));
    },
  };
}

/** A file with the public half of a key. */
export async function publicFile(key: KeyObject): Promise<string> {
  const file = join(await tempDir(), 'key.pub.pem');
  await writeFile(file, createPublicKey(key).export({ type: 'spki', format: 'pem' }));
  return file;
}

export interface TestWitness {
  readonly witness: Witness;
  readonly server: Server;
  readonly dir: string;
  readonly key: KeyObject;
  readonly url: string;
  readonly port: number;
  readonly refused: Conflict[];
  readonly faults: unknown[];
  stop(): Promise<void>;
}

type Starting = Partial<WitnessOptions> & {
  readonly port?: number;
  readonly tls?: { cert: Buffer; key: Buffer; ca?: Buffer };
};

export async function startWitness(
  logs: readonly TestLog[],
  { port = 0, tls, ...more }: Starting = {},
): Promise<TestWitness> {
  const refused: Conflict[] = [];
  const faults: unknown[] = [];
  const options = {
    dir: more.dir ?? (await tempDir()),
    privateKey: more.privateKey ?? newKey(),
    logKeys: new Map(logs.map(({ origin, publicKey }) => [origin, publicKey])),
    onRefusal: (one: Conflict) => void refused.push(one),
    ...more,
  };
  const witness = await openWitness(options);
  const server = witnessServer(witness, {
    tls: tls ? { ca: null, ...tls } : null,
    fault: (error) => void faults.push(error),
  });
  await bind(server, { host: '127.0.0.1', port });
  const address = server.address() as AddressInfo;
  let stopping: Promise<void> | null = null;
  const stop = () => (stopping ??= shut(server).then(() => witness.close()));
  onTestFinished(stop);
  const url = `http${tls ? 's' : ''}://127.0.0.1:${address.port}`;
  return { witness, server, dir: options.dir, key: options.privateKey, url, port: address.port, refused, faults, stop };
}

/** Shows a witness a checkpoint, or something else. */
export async function show({ url }: { url: string }, body: string | Uint8Array<ArrayBuffer>) {
  const response = await fetch(`${url}/v1/checkpoints`, { method: 'POST', body });
  const text = await response.text();
  const json = JSON.parse(text);
  return { status: response.status, text, json, code: json.error?.code as string | undefined };
}

/** The checkpoints that a witness has of a log, parsed. */
export const linesOf = async ({ dir }: { dir: string }, { origin }: TestLog): Promise<Record<string, unknown>[]> =>
  (await readFile(join(dir, `${origin}.jsonl`), 'utf8'))
    .split('\n')
    .filter(readEntry)
    .map((line) => JSON.parse(line));
