/** The routes of the administration API. What is not in this table does not exist. */
import { Denial } from '../core/denial.ts';
import type { Operation, OperationName, Role } from '../core/exchange.ts';
import { readQuery } from './query.ts';

type OwnOperation = Exclude<OperationName, 'upstream'>;

export interface AdminRoute {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** `{id}` is one segment: the id of a key or of an approval. */
  readonly path: string;
  /** Any one of them will do. No role implies another. */
  readonly roles: readonly Role[];
}

/** What the gateway does itself. */
export const ADMIN_ROUTES: Readonly<Record<OwnOperation, AdminRoute>> = {
  'keys.list': { method: 'GET', path: '/admin/keys', roles: ['key-admin'] },
  'keys.issue': { method: 'POST', path: '/admin/keys', roles: ['key-admin'] },
  'keys.get': { method: 'GET', path: '/admin/keys/{id}', roles: ['key-admin'] },
  'keys.rotate': { method: 'POST', path: '/admin/keys/{id}/rotate', roles: ['key-admin'] },
  'keys.revoke': { method: 'POST', path: '/admin/keys/{id}/revoke', roles: ['key-admin'] },
  'lockdown.get': { method: 'GET', path: '/admin/lockdown', roles: ['key-admin', 'auditor'] },
  'lockdown.set': { method: 'PUT', path: '/admin/lockdown', roles: ['key-admin'] },
  'audit.records': { method: 'GET', path: '/admin/audit/records', roles: ['auditor'] },
  'approvals.list': { method: 'GET', path: '/admin/approvals', roles: ['model-admin'] },
  'approvals.approve': { method: 'POST', path: '/admin/approvals/{id}/approve', roles: ['model-admin'] },
  'upstreams.list': { method: 'GET', path: '/admin/upstreams', roles: ['model-admin'] },
};

/** Below it everything belongs to a model server, whose catalogue says what of it exists. */
const UPSTREAMS = '/admin/upstreams/';
const UPSTREAM_ROLE: Role = 'model-admin';
/** The name of a model server in the configuration, and what is asked of it. */
const UPSTREAM_TARGET = /^\/admin\/upstreams\/([a-zA-Z0-9._-]{1,64})(\/.*)$/s;

const ADMINISTRATIVE: readonly Role[] = ['model-admin', 'key-admin', 'auditor'];

/** Ids of keys and of approvals look alike. */
const SEGMENT = '([0-9a-z]{10})';
const rows = (Object.keys(ADMIN_ROUTES) as OwnOperation[]).map((name) => ({
  ...ADMIN_ROUTES[name],
  name,
  pattern: new RegExp(`^${ADMIN_ROUTES[name].path.replace('{id}', SEGMENT)}$`),
}));

/**
 * Finds the operation for a request target exactly as it came: nothing is decoded, folded or normalised. Roles come
 * first. Without an administrative one nobody learns which routes there are, and without that of a route nothing of
 * what is behind it: which methods it has, which model servers exist.
 * @returns for `upstream` the parameters `upstream`, a name that nobody has looked up yet, and `target`
 * @throws Denial `role_not_allowed`, `unknown_route`, `method_not_allowed`; `unknown_parameter`, `invalid_parameter`
 * for a query
 */
export function findOperation(method: string, target: string, roles: readonly Role[]): Operation {
  requireOneOf(ADMINISTRATIVE, roles, null);
  if (target.startsWith(UPSTREAMS)) {
    requireOneOf([UPSTREAM_ROLE], roles, 'upstream');
    const [, upstream, rest] = UPSTREAM_TARGET.exec(target) ?? [];
    if (upstream === undefined || rest === undefined) throw new Denial('unknown_route');
    return { name: 'upstream', parameters: { upstream, target: rest } };
  }
  const { path, query } = split(target);
  const here = rows.filter(({ pattern }) => pattern.test(path));
  if (here.length === 0) throw new Denial('unknown_route');
  requireOneOf(
    here.flatMap((row) => row.roles),
    roles,
    (here.find((one) => one.method === method) ?? here[0]!).name,
  );
  const row = here.find((one) => one.method === method);
  if (!row) throw new Denial('method_not_allowed', { allow: here.map(({ method }) => method).join(', ') });
  requireOneOf(row.roles, roles, row.name);
  const id = row.pattern.exec(path)?.[1];
  return { name: row.name, parameters: id === undefined ? readQuery(query) : { id } };
}

/** Only one route has a query. Elsewhere a question mark is a character like others, and in no path of the table. */
function split(target: string): { readonly path: string; readonly query: string } {
  const { path } = ADMIN_ROUTES['audit.records'];
  return target.startsWith(`${path}?`) ? { path, query: target.slice(path.length + 1) } : { path: target, query: '' };
}

/** @param operation what it was about, for the record */
function requireOneOf(wanted: readonly Role[], roles: readonly Role[], operation: OperationName | null): void {
  if (!roles.some((role) => wanted.includes(role)))
    throw new Denial('role_not_allowed', operation === null ? {} : { reason: operation });
}
