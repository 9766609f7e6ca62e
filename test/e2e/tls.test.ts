/** TLS and identity, 42 to 46 of the attack catalogue: who may open a connection, and who may ask on it. */
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { connect as tcpConnect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { DEV_CLIENT } from '../../src/identity/issuing.ts';
import { revokeCertificate } from '../../src/identity/revoking.ts';
import { ExtendedKeyUsage, KeyUsageFlags } from '../../src/identity/x509.ts';
import { type AuditRecord, startGateway, stopAll, type TestGateway, until } from '../support/gateway.ts';
import { daysFromNow, emptyCrl, type Issuer, issue, issuerOf, type Shape, type Shown } from '../support/leaf.ts';
import {
  chat,
  expectRefused,
  printed,
  type RawAnswer,
  type RawConnection,
  rawRequest,
  speak,
  watch,
} from '../support/raw.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

let upstream: Upstream;
/** As it is by default, and with the oldest TLS that may be configured. */
let gateway: TestGateway;
let old: TestGateway;
let dir: string;
let ca: Issuer & Partial<Shown>;
/** Trusted as well; unlike the CA of `pki init`, it allows CAs below it. */
let rootCa: Issuer & Shown;
beforeAll(async () => {
  upstream = await startUpstream();
  dir = await mkdtemp(join(tmpdir(), 'sallyport-tls-'));
  await cp(inject('pki'), dir, { recursive: true });
  ca = await issuerOf(dir);
  rootCa = await issue(null, { subject: [{ CN: ['Root CA'] }], purposes: [], ca: true });
  await writeFile(join(dir, 'cas.pem'), `${ca.certificate.toString('pem')}\n${rootCa.cert}`);
  await writeCrls();
  const files = { clientCaFile: join(dir, 'cas.pem'), crlFile: join(dir, 'crls.pem') };
  [gateway, old] = await Promise.all([
    startGateway({ upstream: upstream.url, config: { tls: files } }),
    startGateway({ upstream: upstream.url, config: { tls: { ...files, minVersion: 'TLSv1.2' } } }),
  ]);
});
afterAll(async () => {
  await stopAll();
  await upstream.close();
  await rm(dir, { recursive: true, force: true });
});

/** Puts the lists of both CAs in place, at once, as an administrator should. */
async function writeCrls(): Promise<void> {
  const lists = (await readFile(join(dir, 'crl.pem'), 'utf8')) + (await emptyCrl(rootCa));
  await writeFile(join(dir, 'crls.new'), lists);
  await rename(join(dir, 'crls.new'), join(dir, 'crls.pem'));
}

/** The name of our CA. */
const ours = () => ca.certificate.subjectName.toJSON();

const named: Shape = { san: [{ type: 'dns', value: DEV_CLIENT }] };

const socketTo = (to: TestGateway, options: ConnectionOptions): TLSSocket =>
  tlsConnect({ port: to.port, host: 'localhost', ca: to.tls.ca, ...options });

async function open(to: TestGateway, options: ConnectionOptions): Promise<RawConnection> {
  const socket = socketTo(to, options);
  await once(socket, 'secureConnect');
  return speak(socket);
}

const ask = async (to: TestGateway, connection: RawConnection): Promise<RawAnswer> => {
  await connection.write(rawRequest(to.key, { body: chat() }));
  return connection.answer();
};

const refusals = (to: TestGateway, count = 0): Promise<AuditRecord[]> => printed(to, 'handshake.refused', count);

/**
 * Tries to get an answer on a connection that must not come to be.
 * @returns the reason in the record of it
 */
async function refusedHandshake(to: TestGateway, options: ConnectionOptions): Promise<string> {
  const before = (await refusals(to)).length;
  const seen = watch(upstream);
  const socket = socketTo(to, options);
  const connection = speak(socket);
  // In TLS 1.3 a client is done before the server has seen its certificate: what it sends then must not count.
  socket.on('secureConnect', () => void connection.write(rawRequest(to.key, { body: chat('too early') })));
  expect(await connection.closed()).toEqual([]);
  const record = (await refusals(to, before + 1)).at(-1)!;
  expect(await refusals(to)).toHaveLength(before + 1);
  expect(Object.keys(record).sort()).toEqual([
    'event',
    'instance',
    'prev',
    'reason',
    'remote',
    'seq',
    'timestamp',
    'v',
  ]);
  expect(seen.prompts()).toEqual([]);
  return record['reason'] as string;
}

/** Shows a certificate that TLS accepts and the gateway does not. */
async function refusedClient(shown: Shown, code: string): Promise<void> {
  for (const to of [gateway, old]) {
    const seen = watch(upstream);
    const connection = await open(to, to === old ? { ...shown, maxVersion: 'TLSv1.2' } : shown);
    const answer = await ask(to, connection);
    await expectRefused(to, answer, 401, code);
    expect(answer.headers['x-should-retry']).toBe('false');
    expect(seen.prompts()).toEqual([]);
    connection.socket.destroy();
  }
}

test.each(['ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-CCM', 'AES128-GCM-SHA256'])(
  'tls 46: TLS 1.2 has no %s: neither CBC nor keys without forward secrecy',
  async (ciphers) => {
    expect(await refusedHandshake(old, { ...old.tls, maxVersion: 'TLSv1.2', ciphers })).toBe(
      'ERR_SSL_NO_SHARED_CIPHER',
    );
  },
);

describe('tls 42: who gets no connection', () => {
  const CLIENT = [ExtendedKeyUsage.clientAuth];

  test.each<[string, () => Promise<Shown | null>, RegExp]>([
    ['no certificate', async () => null, /^ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE$/],
    ['signed by itself', () => issue(null, named), /^DEPTH_ZERO_SELF_SIGNED_CERT$/],
    [
      'of another CA',
      async () => issue(await issue(null, { subject: [{ CN: ['Other CA'] }], ca: 0 }), named),
      /^UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT_LOCALLY$/,
    ],
    [
      'of another CA, which is shown with it',
      async () => {
        const other = await issue(null, { subject: [{ CN: ['Other CA'] }], ca: 0 });
        const leaf = await issue(other, named);
        return { ...leaf, cert: leaf.cert + other.cert };
      },
      /^SELF_SIGNED_CERT_IN_CHAIN$/,
    ],
    [
      'of another CA with the name of ours',
      async () => issue(await issue(null, { subject: ours(), ca: 0 }), named),
      /^CERT_SIGNATURE_FAILURE|UNABLE_TO_VERIFY_LEAF_SIGNATURE$/,
    ],
    [
      'of another CA with the name of ours, which is shown with it',
      async () => {
        const other = await issue(null, { subject: ours(), ca: 0 });
        const leaf = await issue(other, named);
        return { ...leaf, cert: leaf.cert + other.cert };
      },
      /^CERT_SIGNATURE_FAILURE|SELF_SIGNED_CERT_IN_CHAIN$/,
    ],
    ['expired', () => issue(ca, { ...named, from: daysFromNow(-10), to: daysFromNow(-1) }), /^CERT_HAS_EXPIRED$/],
    ['not yet valid', () => issue(ca, { ...named, from: daysFromNow(1), to: daysFromNow(10) }), /^CERT_NOT_YET_VALID$/],
    ['for servers only', () => issue(ca, { ...named, purposes: [ExtendedKeyUsage.serverAuth] }), /^INVALID_PURPOSE$/],
    ['for signing code', () => issue(ca, { ...named, purposes: [ExtendedKeyUsage.codeSigning] }), /^INVALID_PURPOSE$/],
    [
      'of a CA below ours, which allows none',
      async () => {
        const below = await issue(ca, { subject: [{ CN: ['Sub CA'] }], purposes: [], ca: 0 });
        const leaf = await issue(below, { ...named, purposes: CLIENT });
        return { ...leaf, cert: leaf.cert + below.cert };
      },
      /^PATH_LENGTH_EXCEEDED$/,
    ],
    [
      'of a client, which is no CA',
      async () => {
        const client = await issue(ca, { ...named, subject: [{ CN: ['client'] }] });
        const leaf = await issue(client, named);
        return { ...leaf, cert: leaf.cert + client.cert };
      },
      /^(INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)$/,
    ],
    ['the certificate of the gateway itself', () => pairOf('server'), /^INVALID_PURPOSE$/],
    ['a CA below a root that allows one', () => issue(rootCa, { ...named, ca: 0 }), /^INVALID_PURPOSE$/],
  ])('tls 42: %s', async (_name, make, reason) => {
    const shown = await make();
    expect(await refusedHandshake(gateway, { ...shown })).toMatch(reason);
    expect(await refusedHandshake(old, { ...shown, maxVersion: 'TLSv1.2' })).toMatch(reason);
  });
});

const pairOf = async (name: string): Promise<Shown> => ({
  cert: await readFile(join(dir, `${name}-cert.pem`), 'utf8'),
  key: await readFile(join(dir, `${name}-key.pem`), 'utf8'),
});

describe('tls 42 to 44: who gets a connection, and no further', () => {
  const { digitalSignature: SIGNS, keyCertSign: CERTIFICATES, cRLSign: LISTS } = KeyUsageFlags;
  const uri = (value: string) => ({ type: 'url' as const, value });

  test.each<[string, () => Promise<Shown>]>([
    ['tls 42: a CA that may act as a client', () => issue(rootCa, { ...named, ca: 0, usages: SIGNS | CERTIFICATES })],
    ['tls 42: the CA itself', () => pairOf('internal-ca')],
    ['tls 42: a leaf that may issue certificates', () => issue(ca, { ...named, usages: SIGNS | CERTIFICATES })],
    ['tls 42: a leaf that may issue revocation lists', () => issue(ca, { ...named, usages: SIGNS | LISTS })],
    [
      'tls 42: a leaf of a CA below a root that allows one',
      async () => {
        const below = await issue(rootCa, { subject: [{ CN: ['Sub CA'] }], purposes: [], ca: 0 });
        const leaf = await issue(below, named);
        return { ...leaf, cert: leaf.cert + below.cert };
      },
    ],
    ['tls 42: a leaf that does not say what it is for', () => issue(ca, { ...named, purposes: [] })],
    ['tls 43: two common names', () => issue(ca, { subject: [{ CN: [DEV_CLIENT] }, { CN: ['other'] }] })],
    [
      'tls 43: two common names, the other first',
      () => issue(ca, { subject: [{ CN: ['other'] }, { CN: [DEV_CLIENT] }] }),
    ],
    [
      'tls 43: two common names beside a DNS name',
      () => issue(ca, { ...named, subject: [{ CN: [DEV_CLIENT] }, { CN: [DEV_CLIENT] }] }),
    ],
    ['tls 43: a name that is a wildcard', () => issue(ca, { san: [{ type: 'dns', value: '*' }] })],
    ['tls 43: a common name that would pass for a URI', () => issue(ca, { subject: [{ CN: ['spiffe://td/app'] }] })],
    ['tls 43: a common name with a NUL', () => issue(ca, { subject: [{ CN: [`${DEV_CLIENT}\0.evil`] }] })],
    ['tls 43: no name at all', () => issue(ca, { subject: [{ O: ['Org'] }] })],
    ['tls 44: two URIs', () => issue(ca, { san: [uri('spiffe://td/app'), uri('spiffe://td/other')] })],
    ['tls 44: the same URI twice', () => issue(ca, { san: [uri('spiffe://td/app'), uri('spiffe://td/app')] })],
    ['tls 44: two URIs beside the right name', () => issue(ca, { san: [...named.san!, uri('a:b'), uri('c:d')] })],
  ])('%s', async (_name, make) => refusedClient(await make(), 'tls_client_required'));

  test.each<[string, Shape]>([
    ['another DNS name', { san: [{ type: 'dns', value: 'other' }] }],
    ['another common name', { subject: [{ CN: ['other'] }] }],
    ['another case', { san: [{ type: 'dns', value: DEV_CLIENT.toUpperCase() }] }],
    [
      'the right common name beside another DNS name',
      { subject: [{ CN: [DEV_CLIENT] }], san: [{ type: 'dns', value: 'other' }] },
    ],
    ['the right DNS name beside a URI', { san: [{ type: 'dns', value: DEV_CLIENT }, uri('spiffe://td/app')] }],
    [
      'the right name as a mail address',
      { subject: [{ O: ['x'] }, { CN: ['x'] }], san: [{ type: 'email', value: DEV_CLIENT }] },
    ],
    ['the right name inside of another', { subject: [{ CN: [`x, CN=${DEV_CLIENT}`] }] }],
  ])('tls 43: a key is of no use with %s', async (_name, shape) =>
    refusedClient(await issue(ca, shape), 'invalid_api_key'),
  );

  test.each<[string, Shape]>([
    ['a DNS name', named],
    ['a common name', { subject: [{ CN: [DEV_CLIENT] }] }],
    ['two DNS names, the right one first', { san: [...named.san!, { type: 'dns', value: 'other' }] }],
    ['both purposes', { ...named, purposes: [ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth] }],
  ])('tls 42: the right client is let in with %s', async (_name, shape) => {
    const shown = await issue(ca, shape);
    for (const to of [gateway, old]) {
      const connection = await open(to, shown);
      expect((await ask(to, connection)).status).toBe(200);
      connection.socket.destroy();
    }
  });
});

/** Replaces the revocation list with one that has this certificate on it. */
async function revoke({ certificate }: Issuer): Promise<void> {
  await revokeCertificate(dir, certificate.serialNumber);
  await writeCrls();
}

describe('tls 45: revocation', () => {
  test('tls 45: a revoked certificate is refused on live connections and on new ones; others go on', async () => {
    const client = await issue(ca, named);
    const live = [await open(gateway, client), await open(old, { ...client, maxVersion: 'TLSv1.2' })] as const;
    const unharmed = await open(gateway, gateway.tls);
    for (const [to, connection] of [
      [gateway, live[0]],
      [old, live[1]],
      [gateway, unharmed],
    ] as const) {
      expect((await ask(to, connection)).status).toBe(200);
    }

    await revoke(client);
    for (const [to, connection] of [
      [gateway, live[0]],
      [old, live[1]],
    ] as const) {
      let answer = await ask(to, connection);
      // The file is looked at four times a second.
      await until(async () => {
        if (answer.status === 200) answer = await ask(to, connection);
        return answer.status !== 200;
      });
      // It may have been let in, and cut off on its way.
      expect(answer).toMatchObject({ status: 401, code: 'identity_revoked' });
      connection.socket.destroy();
    }
    await refusedClient(client, 'identity_revoked');
    expect((await ask(gateway, unharmed)).status).toBe(200);
    unharmed.socket.destroy();
  });

  test.each<[string, () => Promise<string>]>([
    ['of other text', async () => 'no list'],
    ['that is empty', async () => ''],
    ['of another CA with the name of ours', async () => emptyCrl(await issue(null, { subject: ours(), ca: 0 }))],
  ])('tls 45: a list %s brings no revoked client back, and raises an alarm', async (_name, make) => {
    const client = await issue(ca, named);
    const asked = async () => {
      const connection = await open(gateway, client);
      const answer = await ask(gateway, connection);
      connection.socket.destroy();
      return answer;
    };
    await revoke(client);
    await until(async () => (await asked()).code === 'identity_revoked');
    const from = gateway.stderr().length;
    await writeFile(join(dir, 'crls.pem'), await make());
    try {
      await until(async () => {
        expect(await asked()).toMatchObject({ status: 401, code: 'identity_revoked' });
        return gateway.stderr().slice(from).includes('fault in trust');
      });
    } finally {
      await writeCrls();
    }
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('tls 45: no session is resumed: %s', async (maxVersion) => {
    const socket = socketTo(old, { ...old.tls, maxVersion });
    let session: Buffer | undefined;
    socket.on('session', (given: Buffer) => {
      session = given;
    });
    await once(socket, 'secureConnect');
    const first = speak(socket);
    // What TLS 1.3 gives out comes before the answer.
    expect((await ask(old, first)).status).toBe(200);
    session ??= socket.getSession();
    socket.destroy();
    expect(session).toBeDefined();

    const second = await open(old, { ...old.tls, maxVersion, session });
    expect(second.socket.isSessionReused()).toBe(false);
    expect((await ask(old, second)).status).toBe(200);
    second.socket.destroy();
    // Nor does it stand for the certificate that it was made with.
    expect(await refusedHandshake(old, { maxVersion, session })).toBe('ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE');
  });
});

describe('tls 46: versions and protocols', () => {
  const ANCIENT = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;

  test('tls 46: TLS 1.3 by default', async () => {
    const connection = await open(gateway, gateway.tls);
    expect(connection.socket.getProtocol()).toBe('TLSv1.3');
    connection.socket.destroy();
  });

  test.each<[string, ConnectionOptions]>([
    ['TLSv1.2', { maxVersion: 'TLSv1.2' }],
    ['TLSv1.1', { ...ANCIENT, maxVersion: 'TLSv1.1' }],
    ['TLSv1', { ...ANCIENT, maxVersion: 'TLSv1' }],
  ])('tls 46: %s is refused by default', async (_version, options) => {
    expect(await refusedHandshake(gateway, { ...gateway.tls, ...options })).toBe('ERR_SSL_UNSUPPORTED_PROTOCOL');
  });

  test('tls 46: TLS 1.2 has to be configured, and nothing older can be', async () => {
    const connection = await open(old, { ...old.tls, maxVersion: 'TLSv1.2' });
    expect(connection.socket.getProtocol()).toBe('TLSv1.2');
    connection.socket.destroy();
    expect(await refusedHandshake(old, { ...old.tls, ...ANCIENT, maxVersion: 'TLSv1.1' })).toBe(
      'ERR_SSL_UNSUPPORTED_PROTOCOL',
    );
  });

  test('tls 46: there is no renegotiation', async () => {
    const connection = await open(old, { ...old.tls, maxVersion: 'TLSv1.2' });
    expect((await ask(old, connection)).status).toBe(200);
    const seen = watch(upstream);
    const refused = await new Promise<Error | null>((resolve) => {
      connection.socket.on('error', resolve);
      connection.socket.renegotiate({ rejectUnauthorized: false }, resolve);
    });
    expect(refused).toMatchObject({ code: 'ERR_SSL_NO_RENEGOTIATION' });
    expect(seen.prompts()).toEqual([]);
    connection.socket.destroy();
  });

  test('tls 46: a protocol other than HTTP/1.1 is not negotiated', async () => {
    expect(await refusedHandshake(gateway, { ...gateway.tls, ALPNProtocols: ['h2'] })).toBe(
      'ERR_SSL_NO_APPLICATION_PROTOCOL',
    );
  });

  test('tls: what is not TLS is refused and recorded; who only knocks is not', async () => {
    for (const [bytes, reason] of [
      [rawRequest(gateway.key), 'ERR_SSL_HTTP_REQUEST'],
      [Buffer.from('SSH-2.0-OpenSSH_9.6\r\n'), 'ERR_SSL_WRONG_VERSION_NUMBER'],
    ] as const) {
      const before = (await refusals(gateway)).length;
      // A knock: the connection is closed before a byte of it.
      const knock = tcpConnect(gateway.port, 'localhost');
      await once(knock, 'connect');
      knock.destroy();

      const socket = tcpConnect(gateway.port, 'localhost');
      socket.on('error', () => {});
      let heard = '';
      socket.on('data', (chunk) => {
        heard += chunk.toString('latin1');
      });
      socket.write(bytes);
      await once(socket, 'close');
      expect(heard).not.toContain('HTTP/1.1');
      const records = (await refusals(gateway, before + 1)).slice(before);
      expect(records.map(({ reason }) => reason)).toEqual([reason]);
    }
  });
});
