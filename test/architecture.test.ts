/** The house rules that a compiler cannot hold: which way imports point, and who may touch what. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const DOMAINS = [
  'openai',
  'guard',
  'audit',
  'identity',
  'keys',
  'limits',
  'upstream',
  'rehearsal',
  'redteam',
  'admin',
  'lockdown',
  'config',
];
/** Imports point from left to right. Domains stand side by side and are strangers to each other. */
const LAYERS = [['main.ts'], ['cli'], ['assemble'], ['http'], ['stages'], DOMAINS, ['core']];

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = globSync('src/**/*.ts', { cwd: ROOT }).sort();
const source = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const place = (file: string) => file.split('/')[1]!;
const layer = (file: string) => LAYERS.findIndex((places) => places.includes(place(file)));

function importsOf(file: string): Import[] {
  const specifiers = source(file).matchAll(/(?:^|\s)(?:from|import)\s*\(?\s*'([^']+)'/g);
  return [...specifiers].map(([, to]) => ({
    from: file,
    to: to!.startsWith('.') ? normalize(join(dirname(file), to!)) : to!,
  }));
}
const imports = files.flatMap(importsOf);
const inner = imports.filter(({ to }) => to.startsWith('src/'));

test('every file has a place in the house', () => {
  expect(files.filter((file) => layer(file) < 0)).toEqual([]);
});

test('imports point one way, and domains do not know each other', () => {
  const wrong = inner.filter(({ from, to }) => {
    if (place(from) === place(to)) return false;
    return layer(to) <= layer(from);
  });
  expect(wrong).toEqual([]);
});

test('there are no cycles', () => {
  const next = Map.groupBy(inner, ({ from }) => from);
  const cycles: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
    if (done.has(file) || path.includes(file)) return;
    for (const { to } of next.get(file) ?? []) walk(to, [...path, file]);
    done.add(file);
  };
  for (const file of files) walk(file, []);
  expect(cycles).toEqual([]);
});

describe('only one place may', () => {
  test.each([
    ['know Express', /from 'express'/, /^src\/http\//],
    ['read the environment', /process\.env/, /^src\/config\//],
    // introduction.ts quotes a program that prints.
    [
      'print',
      /process\.(stdout|stderr)|console\.(log|info|warn|error|debug)|fd: [12]\b/,
      /^src\/cli\/(terminal|operational-log|audit-copy|bounded-output|introduction)\.ts$/,
    ],
    ['end the process', /process\.exit/, /^src\/main\.ts$/],
    [
      'write to a response',
      /\.writeHead\(|res\.(write|send|json)\(/,
      /^src\/(http\/(send|ops)\.ts|audit\/witness\/server\.ts|rehearsal\/)/,
    ],
    [
      'speak HTTP to others',
      /from 'undici'/,
      /^src\/(upstream|cli|audit\/(sinks|witness)|guard\/sidecars|identity\/oidc)\//,
    ],
  ])('%s', (_what, pattern, allowed) => {
    const code = (file: string) => source(file).replaceAll(/^\s*(\/\/|\/?\*).*$/gm, '');
    expect(files.filter((file) => pattern.test(code(file)) && !allowed.test(file))).toEqual([]);
    // A pattern that finds nothing at all would hold whatever happens.
    expect(files.filter((file) => pattern.test(code(file))).length).toBeGreaterThan(0);
  });
});

test('no package runs code when it is installed', () => {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const scripted = Object.entries<{ hasInstallScript?: boolean; os?: string[] }>(packages)
    // A package for another operating system is never installed where the gateway runs.
    .filter(([, { hasInstallScript, os }]) => hasInstallScript && (!os || os.includes('linux')))
    .map(([name]) => name);
  expect(scripted).toEqual([]);
});

test('the lock file is complete: a package that is missing for one platform breaks `npm ci` on all', () => {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const missing = Object.entries<{ optionalDependencies?: Record<string, string> }>(packages).flatMap(
    ([name, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (wanted) => !packages[`node_modules/${wanted}`] && !packages[`${name}/node_modules/${wanted}`],
      ),
  );
  expect(missing).toEqual([]);
});

test('the lock file names no registry', () => {
  expect(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved"/);
});
