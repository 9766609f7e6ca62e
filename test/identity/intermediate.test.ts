/** CAs that issue from an intermediate, as Vault, step-ca and cert-manager do: what TLS says, and what identity says. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readTlsPair, type TlsPair } from '../../src/core/tls-pair.ts';
import { clientIdentity } from '../../src/identity/client.ts';
import { initPki } from '../../src/identity/issuing.ts';
import { loadTrust, type Trust } from '../../src/identity/trust.ts';
import { emptyCrl, issue, type Shown } from '../support/leaf.ts';
import { RULES } from './make.ts';

let dir: string;
let server: TlsPair;
let trust: Trust;
const clients: Record<string, Shown> = {};

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'intermediate-'));
  await initPki(dir);
  server = readTlsPair(join(dir, 'server-cert.pem'), join(dir, 'server-key.pem'), { cert: '', key: '', remedy: '' });
  const cn = (name: string) => [{ CN: [name] }];
  const ca = (name: string, above: Parameters<typeof issue>[0]) =>
    issue(above, { subject: cn(name), ca: true, purposes: [] });
  const root = await ca('Root', null);
  const listed = await ca('Listed', root);
  const sibling = await ca('Sibling', root);
  const below = await ca('Below', listed);

  const leaf = await issue(listed);
  clients['of the listed CA'] = leaf;
  clients['of the listed CA, with its chain'] = { ...leaf, cert: leaf.cert + listed.cert };
  clients['of the listed CA, with its chain up to the root'] = { ...leaf, cert: leaf.cert + listed.cert + root.cert };
  for (const [name, issuer] of Object.entries({ 'the root': root, 'its sibling': sibling, 'a CA below it': below })) {
    const other = await issue(issuer);
    clients[`of ${name}`] = { ...other, cert: other.cert + issuer.cert };
  }
  const files = { clientCaFile: join(dir, 'listed.pem'), crlFile: join(dir, 'listed-crl.pem') };
  writeFileSync(files.clientCaFile, listed.cert);
  // A list of the root is not asked for: the root is not in the file.
  writeFileSync(files.crlFile, await emptyCrl(listed));
  trust = await loadTrust(files);
});
afterAll(() => rmSync(dir, { recursive: true }));

/** What a server that trusts the listed CA makes of a client: what TLS says, then what identity says. */
async function verdicts(client: Shown, ca = trust.anchorsPem): Promise<[string, string]> {
  const listener = tls.createServer({
    ...server,
    ca,
    requestCert: true,
    // So that identity can be asked as well.
    rejectUnauthorized: false,
  });
  const connected = once(listener, 'secureConnection');
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  const { port } = listener.address() as AddressInfo;
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...client });
  socket.on('error', () => {});
  try {
    const [peer] = (await connected) as [tls.TLSSocket];
    const found = clientIdentity(peer.getPeerCertificate().raw, trust, RULES);
    return [peer.authorized ? 'ok' : String(peer.authorizationError), found.ok ? found.client.name : found.reason];
  } finally {
    socket.destroy();
    listener.close();
  }
}

it.each([
  ['of the listed CA', 'ok', 'app'],
  ['of the listed CA, with its chain', 'ok', 'app'],
  ['of the listed CA, with its chain up to the root', 'ok', 'app'],
  ['of the root', 'SELF_SIGNED_CERT_IN_CHAIN', 'unknown_issuer'],
  ['of its sibling', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unknown_issuer'],
  // The reason why identity looks at the issuer itself: to TLS the chain is good.
  ['of a CA below it', 'ok', 'unknown_issuer'],
])('a client %s', async (name, tlsSays, identitySays) => {
  expect(await verdicts(clients[name]!)).toEqual([tlsSays, identitySays]);
});

it('is why TLS is given the CAs as marked: the file as it is would want the root', async () => {
  expect(await verdicts(clients['of the listed CA']!, trust.caPem)).toEqual(['UNABLE_TO_GET_ISSUER_CERT', 'app']);
});
