/**
 * An issuer of access tokens on loopback, with real keys and real signatures: metadata, key set, rotation, outages.
 * It signs by itself, with `node:crypto`, so that what is tested does not check its own work; and it signs anything.
 */
import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { bind, shut } from '../../src/core/listening.ts';

export interface SigningKey {
  readonly kid: string | undefined;
  readonly alg: string;
  readonly privateKey: KeyObject;
  /** As it is published. */
  readonly jwk: Readonly<Record<string, unknown>>;
}

/**
 * How a request for metadata or keys is answered. `hang`: never. `redirect`: to where the keys are. `huge`: without end.
 * A number is a status; any other value is sent as JSON, a text as it is.
 */
export type Answer =
  | 'well'
  | 'hang'
  | 'redirect'
  | 'huge'
  | number
  | { readonly text: string | Uint8Array }
  | { readonly json: unknown };

export interface TestIssuer {
  /** The claim `iss`, and where its metadata are. */
  readonly url: string;
  readonly jwksUrl: string;
  /** What is published; change it as you like. */
  readonly keys: SigningKey[];
  /** The answers from now on; change them as you like. */
  readonly answers: { metadata: Answer; keys: Answer };
  /** How often was asked for each, and for anything else. */
  readonly asked: { metadata: number; keys: number; other: number };
  /** An access token: what the issuer says by itself, with `claims` and `header` over it; undefined leaves one out. */
  token(claims?: Claims, how?: { readonly key?: SigningKey; readonly header?: Claims }): string;
  /** Goes away: the port is closed. It comes back with `start`. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

type Claims = Readonly<Record<string, unknown>>;

export interface TestIssuerOptions {
  /** Seconds since 1970, for `iat` and `exp`. */
  readonly nowSeconds?: () => number;
  readonly audience?: string;
  /** PEM; with it the issuer speaks HTTPS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** What follows the port in its name: `/realms/corp`. */
  readonly path?: string;
}

/** Makes a key. `shape` is put over what is published of it, and undefined leaves a member out. */
export function signingKey(alg = 'ES256', kid: string | undefined = 'key-1', shape: Claims = {}): SigningKey {
  const { privateKey, publicKey } = pairFor(alg);
  return { kid, alg, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig', ...shape } };
}

export function pairFor(alg: string, rsaBits = 2048): { privateKey: KeyObject; publicKey: KeyObject } {
  if (alg.startsWith('ES'))
    return generateKeyPairSync('ec', { namedCurve: { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[alg]! });
  if (alg.startsWith('Ed')) return generateKeyPairSync('ed25519');
  return generateKeyPairSync('rsa', { modulusLength: rsaBits });
}

/** Puts a token together; header and payload may be any text. */
export function compact(
  header: Claims | string,
  payload: Claims | string,
  signature: (input: Buffer) => Uint8Array,
): string {
  const text = (part: Claims | string) => (typeof part === 'string' ? part : JSON.stringify(part));
  const input = [header, payload].map((part) => Buffer.from(text(part)).toString('base64url')).join('.');
  return `${input}.${Buffer.from(signature(Buffer.from(input))).toString('base64url')}`;
}

/** Signs as RFC 7518 §3 says, whatever the key. */
export function signWith(alg: string, key: KeyObject | string, input: Buffer): Uint8Array {
  const bits = Number(alg.slice(2));
  if (alg === 'none') return Buffer.alloc(0);
  if (alg.startsWith('HS')) return createHmac(`sha${bits}`, key).update(input).digest();
  if (alg.startsWith('Ed')) return sign(null, input, key);
  if (alg.startsWith('ES')) return sign(`sha${bits}`, input, { key: key as KeyObject, dsaEncoding: 'ieee-p1363' });
  const padding = alg.startsWith('PS') ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  const salt = alg.startsWith('PS') ? { saltLength: bits / 8 } : {};
  return sign(`sha${bits}`, input, { key: key as KeyObject, padding, ...salt });
}

/** Starts one; whoever asks for it stops it. */
export async function startIssuer({
  nowSeconds = () => Math.floor(Date.now() / 1000),
  audience = 'sallyport',
  tls,
  path = '',
}: TestIssuerOptions = {}): Promise<TestIssuer> {
  const keys = [signingKey()];
  const asked = { metadata: 0, keys: 0, other: 0 };
  const answers: TestIssuer['answers'] = { metadata: 'well', keys: 'well' };

  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const what = { [`${path}/.well-known/openid-configuration`]: 'metadata', [`${path}/keys`]: 'keys' } as const;
    const wanted = what[request.url ?? ''];
    asked[wanted ?? 'other']++;
    if (!wanted) return response.writeHead(404).end();
    const well = wanted === 'metadata' ? { issuer: url, jwks_uri: jwksUrl } : { keys: keys.map(({ jwk }) => jwk) };
    answer(response, answers[wanted], well, jwksUrl);
  };
  const serve = () => (tls ? createHttpsServer(tls, listener) : createServer(listener));

  let server = serve();
  await bind(server, { host: '127.0.0.1', port: 0 });
  const { port } = server.address() as AddressInfo;
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${port}${path}`;
  const jwksUrl = `${url}/keys`;

  return {
    url,
    jwksUrl,
    keys,
    answers,
    asked,
    token(claims = {}, { key = keys[0]!, header = {} } = {}) {
      const { alg, kid } = key;
      const iat = nowSeconds();
      const said = { iss: url, sub: 'alice', aud: audience, iat, exp: iat + 300, ...claims };
      return compact({ alg, kid, typ: 'at+jwt', ...header }, said, (input) => signWith(alg, key.privateKey, input));
    },
    stop: () => shut(server),
    async start() {
      server = serve();
      await bind(server, { host: '127.0.0.1', port });
    },
  };
}

function answer(response: ServerResponse, how: Answer, well: unknown, elsewhere: string): void {
  if (how === 'hang') return;
  if (how === 'redirect') return void response.writeHead(302, { location: elsewhere }).end();
  if (typeof how === 'number') return void response.writeHead(how).end();
  response.setHeader('content-type', 'application/json');
  if (how === 'huge') {
    const pour = () => {
      while (!response.destroyed && response.write(' '.repeat(65_536)));
    };
    response.on('drain', pour);
    pour();
    return;
  }
  response.end(how === 'well' ? JSON.stringify(well) : 'text' in how ? how.text : JSON.stringify(how.json));
}
