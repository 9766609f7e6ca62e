/** Fetches the keys of an issuer: where they are (OpenID Connect Discovery §4), and what they are (RFC 7517). */
import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { Agent, type Dispatcher, request } from 'undici';
import { Fault } from '../../core/fault.ts';
import { errnoOf, fileFault } from '../../core/files.ts';
import { isObject } from '../../core/json.ts';

/** For each request, from the connection to the last byte. */
const DEADLINE_MS = 2000;
/** Some hundred keys with their certificates. */
const MAX_BYTES = 256 * 1024;
const SAFE_URL = /^(https:\/\/|http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?(\/|$))/;

export interface KeySource {
  /** As in the claim `iss`. */
  readonly issuer: string;
  /** Null: the metadata of the issuer say where. */
  readonly jwksUrl: string | null;
  /** Read at every fetch, so that it may be replaced. Null: the CAs that Node knows. */
  readonly caFile: string | null;
}

/** Public keys by `kid` and algorithm. */
export type KeySet = ReturnType<typeof createLocalJWKSet>;

/**
 * Redirects are not followed: what the issuer is trusted with is this address.
 * @throws Fault `oidc_unreachable`, `oidc_invalid`, `oidc_ca_unusable`; the reason of the signal if that aborts
 */
export async function fetchKeys({ issuer, jwksUrl, caFile }: KeySource, signal: AbortSignal): Promise<KeySet> {
  const ca = caFile === null ? {} : { ca: await readCa(caFile) };
  // Made anew each time: what is fetched every ten minutes needs no open connection.
  const agent = new Agent({ connect: { ...ca, timeout: DEADLINE_MS } });
  const get = (url: string) => getJson(url, agent, signal);
  try {
    return keySetOf(await get(jwksUrl ?? (await discover(issuer, get))));
  } finally {
    void agent.destroy();
  }
}

async function discover(issuer: string, get: (url: string) => Promise<unknown>): Promise<string> {
  // Discovery §4.1: a slash at the end is left out first.
  const metadata = await get(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  // Discovery §4.3: one issuer must not be able to speak for another.
  if (!isObject(metadata) || metadata['issuer'] !== issuer)
    throw invalid('its metadata are those of another issuer', 'Set admin.oidc.issuer to what the claim iss says.');
  const url = metadata['jwks_uri'];
  if (typeof url !== 'string' || !SAFE_URL.test(url) || !URL.canParse(url))
    throw invalid('its metadata have no jwks_uri that begins with https://', 'Set admin.oidc.jwksUrl.');
  return new URL(url).href;
}

function keySetOf(document: unknown): KeySet {
  try {
    return createLocalJWKSet(document as JSONWebKeySet);
  } catch {
    throw invalid('what it publishes is no key set', 'Check admin.oidc.jwksUrl, or what it says as its jwks_uri.');
  }
}

async function getJson(url: string, dispatcher: Dispatcher, signal: AbortSignal): Promise<unknown> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const either = AbortSignal.any([signal, deadline]);
  try {
    const headers = { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'sallyport' };
    const answer = await request(url, { dispatcher, headers, signal: either });
    if (answer.statusCode >= 500) throw unreachable(url, `it answered ${answer.statusCode}`);
    if (answer.statusCode !== 200)
      throw invalid(`${url} answered ${answer.statusCode}`, 'Check admin.oidc.issuer and admin.oidc.jwksUrl.');
    return await readJson(answer.body, url);
  } catch (error) {
    if (error instanceof Fault) throw error;
    if (signal.aborted) throw signal.reason;
    if (deadline.aborted) throw unreachable(url, `it did not answer within ${DEADLINE_MS} ms`);
    // Not the error itself: that of the HTTP parser carries what it could not parse.
    throw unreachable(url, `the connection failed (${errnoOf(error) ?? 'no code'})`);
  }
}

async function readJson(body: AsyncIterable<Uint8Array>, url: string): Promise<unknown> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.byteLength;
    if (bytes > MAX_BYTES) throw invalid(`${url} answered more than ${MAX_BYTES} bytes`, 'Look what is there.');
    pieces.push(piece);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces)));
  } catch {
    throw invalid(`${url} answered no JSON`, 'Look what is there.');
  }
}

async function readCa(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw fileFault('oidc_ca_unusable', 'the CAs of the token issuer', file, error, 'Correct admin.oidc.caFile.');
  }
}

const unreachable = (url: string, why: string): Fault =>
  new Fault(
    'oidc_unreachable',
    `The token issuer cannot be reached at ${url}: ${why}. See that it runs, and that its certificate is from admin.oidc.caFile.`,
  );

const invalid = (what: string, remedy: string): Fault =>
  new Fault('oidc_invalid', `The token issuer is not as it should be: ${what}. ${remedy}`);
