import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openStateFor } from '../../src/cli/state.ts';
import { changeKeys } from '../../src/keys/file-store.ts';
import { makeKey } from '../keys/make.ts';

let dir: string;
let config: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cli-state-'));
  config = join(dir, 'sallyport.yaml');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true });
});
const configured = (keys: string) => writeFileSync(config, `stateDir: ${dir}/var\nkeys: ${keys}\nupstreams: []\n`);

async function about(...place: Parameters<typeof openStateFor>) {
  const { keys, rules, place: where, close } = await openStateFor(...place);
  await close();
  return { ids: [...keys.current().keys()], rules, where };
}

it('opens the keys of a configuration, with its rules', async () => {
  const file = join(dir, 'keys.json');
  const { id, record } = makeKey();
  await changeKeys(file, () => [record]);
  configured(`{ file: ${file}, env: prod, maxTtlDays: 7 }`);
  expect(await about({ config, file: undefined })).toEqual({
    ids: [id],
    rules: { env: 'prod', maxTtlMs: 7 * 86_400_000 },
    where: file,
  });
});

it.each(['{ file: elsewhere.json, env: prod }', '{ store: redis, env: prod }'])(
  'a file that is named wins over %s, and the rules stay',
  async (keys) => {
    // What is named is a file: this Redis is never asked.
    vi.stubEnv('REDIS_URL', 'redis://127.0.0.1:1');
    writeFileSync(config, `keys: ${keys}\n`);
    const file = join(dir, 'named.json');
    const { id, record } = makeKey();
    await changeKeys(file, () => [record]);
    expect(await about({ config, file })).toEqual({
      ids: [id],
      rules: { env: 'prod', maxTtlMs: 90 * 86_400_000 },
      where: file,
    });
  },
);

it('has no keys where there is no file yet', async () => {
  configured(`{ file: ${dir}/none.json }`);
  expect((await about({ config, file: undefined })).ids).toEqual([]);
});

it('does not pass a Redis that is not there for one without keys', async () => {
  vi.stubEnv('REDIS_URL', 'redis://127.0.0.1:1');
  writeFileSync(config, 'keys: { store: redis }\n');
  await expect(openStateFor({ config, file: undefined })).rejects.toMatchObject({
    code: 'keys_unreadable',
    message: expect.stringContaining('ECONNREFUSED'),
  });
});
