/** The whole path of administration with real certificates and keys, and everything behind it in memory. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Approvals, approvalsFormat } from '../../../src/admin/approvals.ts';
import type { AuditEvent } from '../../../src/audit/events.ts';
import { Denial } from '../../../src/core/denial.ts';
import type { DocumentFormat, SharedDocument } from '../../../src/core/document/document.ts';
import type { Administered, Arrived, Reached, Role } from '../../../src/core/exchange.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Lapse } from '../../../src/core/pipeline.ts';
import { loadTrust } from '../../../src/identity/trust.ts';
import { type KeyRecord, type KeyTable, tableOf } from '../../../src/keys/record.ts';
import { lockdownFormat } from '../../../src/lockdown/lockdown.ts';
import { type AdminDependencies, adminPath } from '../../../src/stages/admin-path.ts';
import { derOf, type MadeAuthority, makeAuthority, makeLeaf, RULES } from '../../identity/make.ts';
import { makeKey } from '../../keys/make.ts';

const DAY = 86_400_000;
const fromNow = (ms: number): string => new Date(Date.now() + ms).toISOString();

/** A document in memory. Each change begins once more when another came first, as with a store that compares and sets. */
export function memory<T>(
  { parse, print, empty }: Pick<DocumentFormat<T>, 'parse' | 'print' | 'empty'>,
  first = empty,
) {
  let value = first;
  const it = {
    failing: null as Error | null,
    isFresh: true,
    current: () => value,
    onChange: () => {},
    async change(update: (value: T) => T): Promise<T> {
      for (;;) {
        if (it.failing) throw it.failing;
        const before = value;
        const after = update(before);
        await Promise.resolve();
        if (value !== before) continue;
        value = after === before ? before : parse(print(after), 'memory');
        return value;
      }
    },
    fresh: () => it.isFresh,
    lookedAt: () => Date.now(),
    close: async () => {},
  };
  return it satisfies SharedDocument<T>;
}

const inMemory: Pick<DocumentFormat<KeyTable>, 'parse' | 'print' | 'empty'> = {
  parse: (text) => tableOf(JSON.parse(text)),
  print: (table) => JSON.stringify([...table.values()]),
  empty: new Map(),
};

/** Clients whose certificates are made at the start. */
export const CLIENTS = ['ops', 'alice', 'bob', 'billing'] as const;
export type Client = (typeof CLIENTS)[number];

export interface Asking {
  readonly as: string | null;
  readonly client?: Client;
  readonly method?: string;
  readonly target: string;
  readonly body?: unknown;
  /** The body as it is, in place of `body`. */
  readonly raw?: Uint8Array | string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly code: string | null;
  readonly denial: Denial | null;
  readonly x: Reached;
  readonly text: string;
  readonly json: JsonObject;
  readonly conditions: readonly (() => Lapse | null)[];
  readonly bodyRead: boolean;
  readonly frames: number;
}

const certificates = new Map<Client, Uint8Array>();
/** DER, once {@link openBench} has made it. */
export const certificateOf = (client: Client): Uint8Array => certificates.get(client)!;

export async function openBench() {
  const dir = mkdtempSync(join(tmpdir(), 'admin-'));
  const ca: MadeAuthority = await makeAuthority();
  for (const name of CLIENTS) {
    const life = { notBefore: new Date(Date.now() - DAY), notAfter: new Date(Date.now() + DAY) };
    certificates.set(name, derOf(await makeLeaf(ca, { subject: [{ CN: [name] }], ...life })));
  }
  const clientCaFile = join(dir, 'ca.pem');
  writeFileSync(clientCaFile, ca.pem);
  const trust = await loadTrust({ clientCaFile, crlFile: null });
  rmSync(dir, { recursive: true });
  return { trust };
}

/** A gateway as good as new. */
export function gateway(bench: Awaited<ReturnType<typeof openBench>>, changes: Partial<AdminDependencies> = {}) {
  const keys = memory(inMemory);
  const entered: Extract<AuditEvent, { event: 'admin.admitted' }>[] = [];
  const lockdown = memory(lockdownFormat);
  const approvals = memory<Approvals>(approvalsFormat);
  const d: AdminDependencies = {
    state: { draining: false },
    trust: () => bench.trust,
    identityRules: RULES,
    keys,
    keyRules: { env: 'prod', maxTtlMs: 90 * DAY },
    usage: { lastUsed: () => null },
    profiles: ['automated'],
    lockdown,
    approvals: null,
    approvalMs: 60_000,
    issuer: null,
    upstreams: [
      { name: 'local', kind: 'ollama', healthy: true },
      { name: 'gpu-1', kind: 'vllm', healthy: true },
      { name: 'cpp', kind: 'llama.cpp', healthy: false },
    ],
    records: async function* () {},
    audit: {
      async admit(intent) {
        entered.push(intent as (typeof entered)[number]);
        return entered.length;
      },
    },
    ...changes,
  };
  const path = adminPath(d);

  /** A key that is good for a client. */
  async function keyOf(role: Role, client: string = 'ops', more: Partial<KeyRecord> = {}) {
    const made = makeKey({ role, client, issuedAt: fromNow(-DAY), expiresAt: fromNow(DAY), ...more });
    await keys.change((table) => new Map(table).set(made.id, made.record));
    return made;
  }

  async function ask({ as, client = 'ops', method = 'GET', target, body, raw, headers = {} }: Asking): Promise<Answer> {
    const payload =
      raw === undefined ? (body === undefined ? null : Buffer.from(JSON.stringify(body))) : Buffer.from(raw as string);
    const conditions: (() => Lapse | null)[] = [];
    let bodyRead = false;
    const arrived: Arrived = {
      id: 'r1',
      arrivedAt: new Date(),
      startMs: performance.now(),
      httpVersion: '1.1',
      method,
      target,
      remote: '127.0.0.1',
      certificate: certificates.get(client)!,
      headers: Object.entries({
        host: 'gateway:8444',
        ...(as === null ? {} : { authorization: `Bearer ${as}` }),
        ...(payload ? { 'content-type': 'application/json', 'content-length': String(payload.byteLength) } : {}),
        ...headers,
      }),
    };
    const { done: x, denial } = await path.walk(arrived, {
      signal: new AbortController().signal,
      hold: () => {},
      asLongAs: (condition) => void conditions.push(condition),
      async readBody(maxBytes) {
        bodyRead = true;
        if (payload!.byteLength > maxBytes) throw new Denial('body_too_large');
        return payload!;
      },
    });
    const { reply } = x as Administered;
    const parts = denial || !reply ? [Buffer.from(JSON.stringify(denial ?? null))] : await partsOf(reply.body);
    const text = Buffer.concat(parts).toString();
    const json = text.startsWith('{') && !text.trimEnd().includes('\n') ? JSON.parse(text) : {};
    const status = denial?.status ?? reply?.status ?? 0;
    return {
      status,
      code: denial?.code ?? null,
      denial,
      x,
      text,
      json,
      conditions,
      bodyRead,
      frames: parts.length,
    };
  }
  return { ask, keyOf, keys, lockdown, approvals, entered, d };
}

async function partsOf(body: AsyncIterable<{ bytes: Uint8Array }>): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for await (const { bytes } of body) parts.push(bytes);
  return parts;
}
