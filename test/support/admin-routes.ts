/** Every route of the administration listener: its own, and those of the model servers behind it. */
import type { Role } from '../../src/core/exchange.ts';
import { CATALOGUES, passable } from '../../src/upstream/catalogue/catalogue.ts';
import type { CatalogueRoute } from '../../src/upstream/catalogue/route.ts';
import type { UpstreamKind } from '../../src/upstream/kinds.ts';
import type { Upstream } from './upstream.ts';

const KINDS = Object.keys(CATALOGUES) as UpstreamKind[];
/** Model servers are named after what they are. */
const nameOf = (kind: UpstreamKind) => kind.replace('.', '');
const HEALTH = ['/health', '/api/version'];

/** One model server as one of each kind, for the configuration. */
export const ofEachKind = ({ url }: Upstream) => KINDS.map((kind) => ({ name: nameOf(kind), kind, url }));

export interface Row {
  readonly request: string;
  readonly roles: readonly Role[];
  readonly body?: string;
  /** What the model server is asked, where it is. */
  readonly passes?: string;
}

// Written down once more, and not taken from the table that they hold to account.
export const OWN: readonly Row[] = [
  { request: 'GET /admin/keys', roles: ['key-admin'] },
  { request: 'POST /admin/keys', roles: ['key-admin'], body: '{}' },
  { request: 'GET /admin/keys/zzzzzzzzzz', roles: ['key-admin'] },
  { request: 'POST /admin/keys/zzzzzzzzzz/rotate', roles: ['key-admin'], body: '{}' },
  { request: 'POST /admin/keys/zzzzzzzzzz/revoke', roles: ['key-admin'] },
  { request: 'GET /admin/lockdown', roles: ['key-admin', 'auditor'] },
  { request: 'PUT /admin/lockdown', roles: ['key-admin'], body: '{"on":false,"reason":"it is off"}' },
  { request: 'GET /admin/audit/records', roles: ['auditor'] },
  { request: 'GET /admin/audit/records?limit=1', roles: ['auditor'] },
  { request: 'GET /admin/approvals', roles: ['model-admin'] },
  { request: 'POST /admin/approvals/zzzzzzzzzz/approve', roles: ['model-admin'] },
  { request: 'GET /admin/upstreams', roles: ['model-admin'] },
];

const filled = (path: string) => path.replace('{digest}', `sha256:${'0'.repeat(64)}`).replace(/\{\w+\}/g, 'x1');
const BODIES = { none: {}, json: { body: '{}' }, stream: { body: 'bytes' } };
const rowsOf = (kind: UpstreamKind, which: (route: CatalogueRoute) => boolean) =>
  CATALOGUES[kind].routes.filter(which).map(({ method, path, body }): Row => {
    const target = filled(path);
    const request = `${method} /admin/upstreams/${nameOf(kind)}${target}`;
    return { request, roles: ['model-admin'], ...BODIES[body], passes: `${method} ${target}` };
  });
/** Those of the catalogues that meet a condition, on every model server. */
export const rowsOfAll = (which: (route: CatalogueRoute) => boolean): Row[] =>
  KINDS.flatMap((kind) => rowsOf(kind, which));
export const PASSABLE: readonly Row[] = rowsOfAll(passable);

/** What the model server was asked since, but for how it is. Asked for at its health route, it has been asked. */
export function watched(upstream: Upstream): () => string[] {
  const from = upstream.requests.length;
  return () =>
    upstream.requests
      .slice(from)
      .filter(
        ({ method, path, headers }) => !(method === 'GET' && HEALTH.includes(path) && !headers['accept-encoding']),
      )
      .map(({ method, path }) => `${method} ${path}`);
}
