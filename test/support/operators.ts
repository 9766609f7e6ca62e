/** Administrators as the end-to-end tests know them: a CA of their own, certificates, and a short way to ask. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import type { KeyRecord } from '../../src/keys/record.ts';
import { type Answer, type TestGateway, until } from './gateway.ts';
import { issue } from './leaf.ts';
import { type RawConnection, speak } from './raw.ts';

export interface Certified {
  readonly name: string;
  readonly cert: string;
  readonly key: string;
  /** In DER. */
  readonly der: Buffer;
}

/** A CA that inference knows nothing of. */
export async function administratorsCa() {
  const dir = await mkdtemp(join(tmpdir(), 'sallyport-admins-'));
  const caFile = join(dir, 'ca.pem');
  const ca = await issue(null, { subject: [{ CN: ['administrators'] }], purposes: [], ca: 0 });
  await writeFile(caFile, ca.cert);
  return {
    caFile,
    async named(name: string): Promise<Certified> {
      const { cert, key, certificate } = await issue(ca, {
        subject: [{ CN: [name] }],
        san: [{ type: 'dns', value: name }],
      });
      return { name, cert, key, der: Buffer.from(certificate.rawData) };
    },
    remove: () => rm(dir, { recursive: true }),
  };
}

/** Asks as one operator. A body makes it a POST unless the method stands before the path: `PUT /admin/lockdown`. */
export type Operator = (request: string, body?: unknown) => Promise<Answer>;

export const operator =
  (gateway: TestGateway, token: string | null, client: Pick<Certified, 'cert' | 'key'>): Operator =>
  (request, body) => {
    const [method = '', path = ''] = request.split(' ');
    return gateway.admin(path, { method, token, body, client });
  };

/** Issues a key for a certificate, and waits until the gateway knows it. */
export async function operatorWith(
  gateway: TestGateway,
  role: KeyRecord['role'],
  client: Certified,
): Promise<{ readonly key: string; readonly ask: Operator }> {
  const key = await gateway.issueKey({ role, app: client.name, client: client.name });
  const ask = operator(gateway, key, client);
  await until(async () => (await ask('GET /admin/keys')).status !== 401);
  return { key, ask };
}

/** Raw bytes to the administration listener. */
export async function connectAdmin(
  { adminPort, tls }: TestGateway,
  client: Pick<Certified, 'cert' | 'key'>,
): Promise<RawConnection> {
  const socket = tlsConnect({ port: adminPort!, host: 'localhost', ca: tls.ca, cert: client.cert, key: client.key });
  await once(socket, 'secureConnect');
  return speak(socket);
}

export const keyIdOf = (key: string): string => key.split('_')[1]!;
