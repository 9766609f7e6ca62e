/** Certificates from outside: intermediate CAs, files replaced under a running gateway, and what ends in mid-stream (42, 44, 45 and 47). */
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { DEV_CLIENT } from '../../src/identity/issuing.ts';
import { ExtendedKeyUsage, PemConverter, X509CrlGenerator } from '../../src/identity/x509.ts';
import { eventsOf, startGateway, stopAll, type TestGateway, until } from '../support/gateway.ts';
import { daysFromNow, emptyCrl, type Issuer, issue, issuerOf, type Shape, type Shown } from '../support/leaf.ts';
import { chat, type RawAnswer, type RawConnection, rawRequest, recordOf, speak } from '../support/raw.ts';
import { chatChunk, gate, json, startUpstream, type Upstream } from '../support/upstream.ts';

const SECOND_MS = 1000;
/** How often the gateway looks at its files. */
const LOOK_MS = 250;
const asClient: Shape = { san: [{ type: 'dns', value: DEV_CLIENT }] };
const asServer: Shape = { san: [{ type: 'dns', value: 'localhost' }], purposes: [ExtendedKeyUsage.serverAuth] };

let upstream: Upstream;
/** Lets the streams of the model server go on to their ends. */
let finish: ReturnType<typeof gate>;
let dir: string;
let ca: Issuer;
beforeAll(async () => {
  upstream = await startUpstream(async (wire, request) => {
    if (!request.json?.stream) return json(200, { object: 'list', data: [] })(wire, request);
    const { response, gone } = wire;
    const mine = finish;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`data: ${JSON.stringify(chatChunk('It begins. '))}\n\n`);
    await Promise.race([mine.opened, gone]);
    response.end(`data: ${JSON.stringify(chatChunk('It ends.', { finish: 'stop' }))}\n\ndata: [DONE]\n\n`);
  });
  dir = await mkdtemp(join(tmpdir(), 'sallyport-certificates-'));
  await cp(inject('pki'), dir, { recursive: true });
  ca = await issuerOf(dir);
});
afterAll(async () => {
  await stopAll();
  await upstream.close();
  await rm(dir, { recursive: true, force: true });
});

/** The revocation list of a CA that has revoked one certificate. */
async function listOf(issuer: Issuer, { certificate }: Issuer): Promise<string> {
  const list = await X509CrlGenerator.create({
    issuer: issuer.certificate.subjectName,
    thisUpdate: daysFromNow(-1),
    nextUpdate: daysFromNow(30),
    entries: [{ serialNumber: certificate.serialNumber, revocationDate: new Date() }],
    signingKey: issuer.signingKey,
    signingAlgorithm: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  });
  return `${PemConverter.encode(list.rawData, 'X509 CRL')}\n`;
}

type Files = Readonly<Record<string, string>>;

/** A volume as Kubernetes mounts it: the files are links through `..data`, which is swapped when one of them changes. */
async function mountVolume(name: string, first: Files) {
  const root = join(dir, name);
  let files: Files = {};
  let number = 0;
  const swap = async (changed: Files) => {
    files = { ...files, ...changed };
    const data = `..${number++}`;
    await mkdir(join(root, data), { recursive: true });
    for (const [file, text] of Object.entries(files)) await writeFile(join(root, data, file), text);
    await symlink(data, join(root, '..data_tmp'));
    await rename(join(root, '..data_tmp'), join(root, '..data'));
  };
  await swap(first);
  for (const file of Object.keys(first)) await symlink(join('..data', file), join(root, file));
  return {
    path: (file: string) => join(root, file),
    swap,
    /** One file after the other, in this order, each renamed over the one before. */
    async renameOver(changed: Files) {
      files = { ...files, ...changed };
      for (const [file, text] of Object.entries(changed)) {
        await writeFile(join(root, 'new'), text);
        await rename(join(root, 'new'), join(root, '..data', file));
      }
    },
  };
}

const connectTo = ({ port, tls }: TestGateway, options: ConnectionOptions) =>
  tlsConnect({ port, host: 'localhost', ca: tls.ca, ...options });

async function open(gateway: TestGateway, options: ConnectionOptions): Promise<RawConnection> {
  const socket = connectTo(gateway, options);
  await once(socket, 'secureConnect');
  return speak(socket);
}

/** A request without a body, so that the connection stays open whatever the answer is. */
async function ask(gateway: TestGateway, connection: RawConnection, key: string = gateway.key): Promise<RawAnswer> {
  await connection.write(rawRequest(key, { method: 'GET', target: '/v1/models' }));
  return connection.answer();
}

/** The status on a new connection; null if there was none. */
async function askedAnew(gateway: TestGateway, options: ConnectionOptions): Promise<number | null> {
  const connection = speak(connectTo(gateway, options));
  try {
    return (await ask(gateway, connection)).status;
  } catch {
    return null;
  } finally {
    connection.socket.destroy();
  }
}

/** Opens a stream; it runs when this resolves. */
async function stream(gateway: TestGateway, options: ConnectionOptions): Promise<() => Promise<RawAnswer>> {
  const connection = await open(gateway, options);
  await connection.write(rawRequest(gateway.key, { body: chat('Tell me.', { stream: true }) }));
  await once(connection.socket, 'data');
  return async () => {
    const answer = await connection.answer();
    connection.socket.destroy();
    return answer;
  };
}

function expectWhole({ body }: RawAnswer): void {
  expect(body).toContain('It ends.');
  expect(eventsOf(body).at(-1)).toBe('[DONE]');
}

async function expectCut(gateway: TestGateway, { headers, body }: RawAnswer, code: string): Promise<void> {
  expect(JSON.parse(eventsOf(body).at(-1)!)).toMatchObject({ error: { code } });
  expect(body).not.toContain('It ends.');
  expect(await recordOf(gateway, headers['x-request-id'])).toMatchObject({ ending: 'revoked', denial: code });
}

const faults = async (gateway: TestGateway, part: string): Promise<number> => {
  const { text } = await gateway.ops('/metrics');
  return Number(new RegExp(`^sallyport_faults_total\\{part="${part}"\\} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
};

describe('tls 47: the certificate of the gateway is replaced while it runs', () => {
  let gateway: TestGateway;
  let volume: Awaited<ReturnType<typeof mountVolume>>;
  let first: Shown;
  beforeAll(async () => {
    first = await issue(ca, asServer);
    volume = await mountVolume('server', { 'tls.crt': first.cert, 'tls.key': first.key });
    const tls = { certFile: volume.path('tls.crt'), keyFile: volume.path('tls.key') };
    gateway = await startGateway({ upstream: upstream.url, config: { tls } });
  });

  /** The serial number of the certificate that new connections are shown. */
  async function shown(): Promise<string> {
    const { socket } = await open(gateway, gateway.tls);
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber.toLowerCase();
  }

  test.each<[string, (pair: Shown) => Promise<void>]>([
    ['by a swap of links', ({ cert, key }) => volume.swap({ 'tls.crt': cert, 'tls.key': key })],
    ['by name, the key first', ({ cert, key }) => volume.renameOver({ 'tls.key': key, 'tls.crt': cert })],
    ['by name, the certificate first', ({ cert, key }) => volume.renameOver({ 'tls.crt': cert, 'tls.key': key })],
  ])('%s: shown from then on; connections and streams go on', async (_how, replace) => {
    finish = gate();
    const [rest, live] = [await stream(gateway, gateway.tls), await open(gateway, gateway.tls)];
    const fresh = await issue(ca, asServer);
    await replace(fresh);
    await until(async () => (await shown()) === fresh.certificate.serialNumber);
    expect((await ask(gateway, live)).status).toBe(200);
    finish.open();
    expectWhole(await rest());
    live.socket.destroy();
    expect(await faults(gateway, 'tls')).toBe(0);
  });

  test('broken, expired, of another key: the one before is shown, with one alarm each', async () => {
    const before = await shown();
    const other = await issue(ca, asServer);
    const expired = await issue(ca, { ...asServer, from: daysFromNow(-10), to: daysFromNow(-1) });
    const early = await issue(ca, { ...asServer, from: daysFromNow(1) });
    const broken: [string, Files][] = [
      ['tls_pair_unusable', { 'tls.crt': other.cert }],
      ['tls_cert_expired', { 'tls.crt': expired.cert, 'tls.key': expired.key }],
      ['tls_cert_not_yet_valid', { 'tls.crt': early.cert, 'tls.key': early.key }],
      ['tls_pair_unusable', { 'tls.crt': early.cert.slice(0, 200), 'tls.key': early.key }],
    ];
    for (const [index, [code, files]] of broken.entries()) {
      const from = gateway.stderr().length;
      await volume.swap(files);
      await until(() => gateway.stderr().slice(from).includes(code));
      expect(await faults(gateway, 'tls')).toBe(index + 1);
      expect(await shown()).toBe(before);
    }
    // Long enough for three more looks: nobody is told again.
    await wait(3 * LOOK_MS);
    expect(await faults(gateway, 'tls')).toBe(broken.length);
  });

  test('one that will not last is taken, and there is an alert', async () => {
    const brief = await issue(ca, { ...asServer, from: daysFromNow(-10), to: daysFromNow(1) });
    await volume.swap({ 'tls.crt': brief.cert, 'tls.key': brief.key });
    await until(async () => (await shown()) === brief.certificate.serialNumber);
    await gateway.recorded('alert.certificate_expiring');
  });
});

describe('tls 42 and 47: clients of an intermediate CA', () => {
  let gateway: TestGateway;
  let volume: Awaited<ReturnType<typeof mountVolume>>;
  let root: Issuer & Shown;
  let ours: Issuer & Shown;
  let sibling: Issuer & Shown;
  beforeAll(async () => {
    root = await issue(null, { subject: [{ CN: ['Root'] }], purposes: [], ca: true });
    ours = await issue(root, { subject: [{ CN: ['Ours'] }], purposes: [], ca: 0 });
    sibling = await issue(root, { subject: [{ CN: ['Sibling'] }], purposes: [], ca: 0 });
    volume = await mountVolume('clients', { 'ca.crt': ours.cert, 'ca.crl': await emptyCrl(ours) });
    const tls = { clientCaFile: volume.path('ca.crt'), crlFile: volume.path('ca.crl') };
    gateway = await startGateway({ upstream: upstream.url, config: { tls, admin: { enabled: true, port: 0 } } });
  });

  /** With what stands behind it in its chain. */
  const chained = (leaf: Shown, ...above: Shown[]): Shown => ({
    key: leaf.key,
    cert: [leaf, ...above].map(({ cert }) => cert).join(''),
  });

  async function expectOnlyOurs(): Promise<void> {
    const [mine, of, from] = [await issue(ours, asClient), await issue(sibling, asClient), await issue(root, asClient)];
    for (const servername of ['localhost', '']) {
      const statuses = async (...shown: Shown[]) =>
        Promise.all(
          shown.map((one) => askedAnew(gateway, { ...one, servername, checkServerIdentity: () => undefined })),
        );
      expect(await statuses(mine, chained(mine, ours), chained(mine, ours, root))).toEqual([200, 200, 200]);
      const others = [
        of,
        chained(of, sibling),
        chained(of, sibling, root),
        chained(of, ours),
        from,
        chained(from, root),
      ];
      expect(await statuses(...others)).toEqual(others.map(() => null));
    }
  }

  test('its root is not listed, before and after other files are read', async () => {
    await expectOnlyOurs();
    finish = gate();
    const client = await issue(ours, asClient);
    const [rest, live] = [await stream(gateway, client), await open(gateway, client)];
    expect(await askedAnew(gateway, gateway.tls)).toBeNull();

    // Another CA comes in beside it.
    const dev = await readFile(join(dir, 'internal-ca-cert.pem'), 'utf8');
    const lists = { old: await emptyCrl(ours), dev: await emptyCrl(ca) };
    await volume.swap({ 'ca.crt': ours.cert + dev, 'ca.crl': lists.old + lists.dev });
    await until(async () => (await askedAnew(gateway, gateway.tls)) === 200);
    await gateway.recorded('trust.loaded', 2);
    await expectOnlyOurs();
    expect((await ask(gateway, live)).status).toBe(200);
    finish.open();
    expectWhole(await rest());

    // And goes again: whom it has let in is out.
    finish = gate();
    const [cut, gone] = [await stream(gateway, gateway.tls), await open(gateway, gateway.tls)];
    await volume.swap({ 'ca.crt': ours.cert, 'ca.crl': lists.old });
    await expectCut(gateway, await cut(), 'tls_client_required');
    expect(await ask(gateway, gone)).toMatchObject({ status: 401, code: 'tls_client_required' });
    expect(await askedAnew(gateway, gateway.tls)).toBeNull();
    expect((await ask(gateway, live)).status).toBe(200);
    await expectOnlyOurs();
    for (const { socket } of [live, gone]) socket.destroy();
  });

  test('tls 45: its list counts, on both listeners, for what is open and for what runs', async () => {
    finish = gate();
    const [revoked, other] = [await issue(ours, asClient), await issue(ours, asClient)];
    const administration = { ...gateway, port: gateway.adminPort! };
    const [cut, whole] = [await stream(gateway, revoked), await stream(gateway, other)];
    const [live, admin] = [await open(gateway, revoked), await open(administration, revoked)];
    expect((await ask(gateway, live)).status).toBe(200);
    expect((await ask(administration, admin)).code).not.toBe('identity_revoked');

    await volume.swap({ 'ca.crl': await listOf(ours, revoked) });
    await expectCut(gateway, await cut(), 'identity_revoked');
    for (const [to, connection] of [
      [gateway, live],
      [administration, admin],
      [gateway, await open(gateway, revoked)],
      [administration, await open(administration, revoked)],
    ] as const) {
      expect(await ask(to, connection)).toMatchObject({ status: 401, code: 'identity_revoked' });
      connection.socket.destroy();
    }
    finish.open();
    expectWhole(await whole());
  });

  test('tls 45: a certificate that ends takes its streams with it', async () => {
    finish = gate();
    const client = await issue(ours, { ...asClient, to: new Date(Date.now() + 3 * SECOND_MS) });
    const [cut, live] = [await stream(gateway, client), await open(gateway, client)];
    await expectCut(gateway, await cut(), 'identity_revoked');
    expect(Date.now()).toBeGreaterThan(client.certificate.notAfter.getTime());
    expect(await ask(gateway, live)).toMatchObject({ status: 401, code: 'identity_revoked' });
    live.socket.destroy();
    expect(await askedAnew(gateway, client)).toBeNull();
  });
});

describe('tls 44: a trust domain', () => {
  const ID = 'spiffe://corp.example/billing';
  let gateway: TestGateway;
  let key: string;
  beforeAll(async () => {
    const identity = { names: ['uri'], trustDomain: 'corp.example' };
    gateway = await startGateway({ upstream: upstream.url, config: { identity } });
    key = await gateway.issueKey({ client: ID });
    await until(async () => (await asked(of(ID))).status === 200);
  });

  const of = (...uris: string[]): Shape => ({ san: uris.map((value) => ({ type: 'url', value })) });

  async function asked(shape: Shape): Promise<RawAnswer> {
    const connection = await open(gateway, await issue(ca, shape));
    const answer = await ask(gateway, connection, key);
    connection.socket.destroy();
    return answer;
  }

  test('whoever has the ID that the key is bound to is let in, whatever else he is called', async () => {
    const others = [{ type: 'dns' as const, value: 'admin.corp.example' }];
    const answer = await asked({ subject: [{ CN: ['admin'] }], san: [...others, ...of(ID).san!] });
    expect(answer.status).toBe(200);
    expect(await recordOf(gateway, answer.headers['x-request-id'])).toMatchObject({ client: ID });
    expect(await asked(of('spiffe://corp.example/other'))).toMatchObject({ status: 401, code: 'invalid_api_key' });
  });

  test.each<[string, Shape, string]>([
    ['no URI', asClient, 'other_trust_domain'],
    ['the ID as common name only', { subject: [{ CN: [ID] }] }, 'other_trust_domain'],
    ['another domain', of('spiffe://other.example/billing'), 'other_trust_domain'],
    ['a domain that ends like it', of('spiffe://evil-corp.example/billing'), 'other_trust_domain'],
    ['a domain that begins like it', of('spiffe://corp.example.evil/billing'), 'other_trust_domain'],
    ['another scheme', of('https://corp.example/billing'), 'other_trust_domain'],
    ['upper case', of('spiffe://CORP.example/billing'), 'bad_spiffe_id'],
    ['the scheme in upper case', of('SPIFFE://corp.example/billing'), 'bad_spiffe_id'],
    ['a slash at the end', of(`${ID}/`), 'bad_spiffe_id'],
    ['a way up', of('spiffe://corp.example/x/../billing'), 'bad_spiffe_id'],
    ['an escape', of('spiffe://corp.example/b%69lling'), 'bad_spiffe_id'],
    ['a port', of('spiffe://corp.example:443/billing'), 'bad_spiffe_id'],
    ['a user', of('spiffe://corp.example@other.example/billing'), 'bad_spiffe_id'],
    ['the ID of the domain', of('spiffe://corp.example'), 'bad_spiffe_id'],
    ['two IDs', of(ID, 'spiffe://corp.example/other'), 'two_uris'],
    ['the ID and another URI', of(ID, 'https://corp.example/'), 'two_uris'],
  ])('%s is refused', async (_name, shape, reason) => {
    const answer = await asked(shape);
    expect(answer).toMatchObject({ status: 401, code: 'tls_client_required' });
    expect(await recordOf(gateway, answer.headers['x-request-id'])).toMatchObject({ reason });
  });
});
