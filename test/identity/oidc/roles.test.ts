import { expect, test } from 'vitest';
import type { Role } from '../../../src/core/exchange.ts';
import { rolesOf } from '../../../src/identity/oidc/roles.ts';

const ROLES: Readonly<Record<string, Role>> = {
  k: 'key-admin',
  a: 'auditor',
  A: 'auditor',
  'Model Team': 'model-admin',
};

test.each<[what: string, claims: unknown, path: string, roles: Role[]]>([
  ['a list', { roles: ['k', 'a'] }, 'roles', ['key-admin', 'auditor']],
  ['a text', { roles: 'k' }, 'roles', ['key-admin']],
  ['a text with spaces between', { scope: 'openid a k' }, 'scope', ['auditor', 'key-admin']],
  ['a text that has a space itself', { roles: 'Model Team' }, 'roles', ['model-admin']],
  ['a list whose texts have spaces', { groups: ['Model Team', 'k a'] }, 'groups', ['model-admin']],
  ['each once', { roles: ['a', 'A', 'a'] }, 'roles', ['auditor']],
  ['what stands for none', { roles: ['x', 'K', 'constructor', '__proto__', 'toString', ''] }, 'roles', []],
  ['what is no text', { roles: [1, null, ['k'], { k: 'k' }, 'a'] }, 'roles', ['auditor']],
  ['no list', { roles: { k: true } }, 'roles', []],
  ['no claim', { sub: 'alice' }, 'roles', []],
  ['an inherited name', {}, 'constructor.name', []],
  ['Keycloak: roles of the realm', { realm_access: { roles: ['k'] } }, 'realm_access.roles', ['key-admin']],
  ['roles of a client', { resource_access: { gw: { roles: ['a'] } } }, 'resource_access.gw.roles', ['auditor']],
  [
    'of a client with dots',
    { resource_access: { 'gw.corp.example': { roles: ['a'] } } },
    'resource_access.gw.corp.example.roles',
    ['auditor'],
  ],
  ['Auth0: a URL', { 'https://corp.example/roles': ['k'] }, 'https://corp.example/roles', ['key-admin']],
  [
    'an object under a URL',
    { 'https://corp.example/app': { roles: ['k'] } },
    'https://corp.example/app.roles',
    ['key-admin'],
  ],
  ['the literal name before the path', { 'a.b': ['k'], a: { b: ['a'] } }, 'a.b', ['key-admin']],
  ['a path that ends early', { realm_access: ['k'] }, 'realm_access.roles', []],
])('%s', (_what, claims, path, roles) => {
  expect(rolesOf(claims, path, ROLES)).toEqual(roles);
});
