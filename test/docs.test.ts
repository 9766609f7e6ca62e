/** What the documentation promises, held against the program. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rulePage } from '../scripts/rule-page.ts';
import { EVENTS } from '../src/audit/events.ts';
import { ENDINGS } from '../src/core/exchange.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const sources = globSync('src/**/*.ts', { cwd: ROOT }).map(read).join('\n');

/** Faults of the shared documents, whose codes are put together: `keys_missing`. */
const ofDocuments = globSync('src/core/document/*.ts', { cwd: ROOT })
  .flatMap((file) => [...read(file).matchAll(/\$\{name\}_([a-z_]+)|unanswered\('([a-z]+)'/g)])
  .map(([, a, b]) => `keys_${a ?? b}`);

test('every fault code is explained in docs/errors.md', () => {
  const codes = [...sources.matchAll(/(?:Fault|Pem)\(\s*'([a-z]+(?:_[a-z]+)*)'|code: '([a-z]+_[a-z_]+)',\s*at:/g)].map(
    ([, a, b]) => a ?? b!,
  );
  expect(codes.length).toBeGreaterThan(20);
  const docs = read('docs/errors.md');
  const explained = (code: string) => docs.includes(`\`${code}\``) || /^(lockdown|approvals|key_usage)_/.test(code);
  expect([...new Set([...codes, ...ofDocuments])].filter((code) => !explained(code))).toEqual([]);
});

test('every code in docs/errors.md exists', () => {
  const codes = [...read('docs/errors.md').matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map(([, code]) => code!);
  expect([...new Set(codes)].filter((code) => !sources.includes(code) && !ofDocuments.includes(code))).toEqual([]);
});

test('every event and every ending is explained in docs/audit.md', () => {
  const events = Object.keys(EVENTS);
  expect(events.length).toBeGreaterThan(8);
  const docs = read('docs/audit.md');
  expect([...events, ...ENDINGS].filter((word) => !docs.includes(`\`${word}\``))).toEqual([]);
});

test('docs/rules.md says what the tables of the rules say', () => {
  expect(read('docs/rules.md')).toBe(rulePage());
});

test('links between documents lead somewhere', () => {
  const files = ['README.md', ...globSync('{docs,certs}/*.md', { cwd: ROOT })];
  const broken = files.flatMap((file) =>
    [...read(file).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)]
      .map(([, target]) => join(file, '..', target!))
      .filter((target) => globSync(target, { cwd: ROOT }).length === 0)
      .map((target) => `${file} → ${target}`),
  );
  expect(broken).toEqual([]);
});

test('every metric is explained in docs/operations.md', () => {
  const names = [...new Set(read('src/http/metrics.ts').match(/sallyport_[a-z_]+/g))];
  expect(names.length).toBeGreaterThan(5);
  const docs = read('docs/operations.md');
  expect(names.filter((name) => !docs.includes(`\`${name}\``) && !docs.includes(`\`${name}{`))).toEqual([]);
});
