/** Clients with certificates of their own. */

import { readFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { inject } from 'vitest';
import { issueCertificate } from '../../src/identity/issuing.ts';
import type { TestGateway } from './gateway.ts';

export interface Response {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
}

export interface Client {
  get(path: string, key: string | null): Promise<Response>;
  close(): Promise<void>;
}

/** A client with a new certificate of the CA that the gateway trusts. */
export async function clientNamed(name: string, { dir, url, tls }: TestGateway): Promise<Client> {
  const pki = join(dir, 'pki-of-the-test');
  // The shared one must stay as it is.
  await cp(inject('pki'), pki, { recursive: true });
  const { certFile, keyFile } = await issueCertificate(pki, { name, kind: 'client', days: 1 });
  const agent = new Agent({ connect: { ca: tls.ca, cert: readFileSync(certFile), key: readFileSync(keyFile) } });
  return {
    async get(path, key) {
      const { statusCode, headers, body } = await request(`${url}${path}`, {
        dispatcher: agent,
        headers: key === null ? {} : { authorization: `Bearer ${key}` },
      });
      return { status: statusCode, headers, text: await body.text() };
    },
    close: () => agent.destroy(),
  };
}
