import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ADMIN_ROUTES, findOperation } from '../../src/admin/routes.ts';
import { ROLES } from '../../src/core/exchange.ts';
import { refusal } from '../support/refusal.ts';

test.each([
  ['/admin/keys', 'GET, POST'],
  ['/admin/lockdown', 'GET, PUT'],
  ['/admin/keys/0123456789/revoke', 'POST'],
  ['/admin/audit/records?limit=1', 'GET'],
])('at %s one may %s', (target, methods) => {
  expect(refusal(() => findOperation('TRACE', target, ROLES)).allow).toBe(methods);
});

test('the documentation has every route, with its roles', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/administration.md'), 'utf8');
  const rows = Object.values(ADMIN_ROUTES).map(
    ({ method, path, roles }) => `| \`${method} ${path}\` | ${roles.map((role) => `\`${role}\``).join(', ')} |`,
  );
  expect(rows.filter((row) => !page.includes(row))).toEqual([]);
});
