import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rename, unlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { lockDir } from '../../../src/audit/writer/lock.ts';
import { bind } from '../../../src/core/listening.ts';
import { tempDir } from '../helpers.ts';

vi.mock('node:fs/promises', async (original) => {
  const actual = await original<typeof import('node:fs/promises')>();
  return { ...actual, rename: vi.fn(actual.rename) };
});

describe('the lock of a directory', () => {
  test('is held by one, and free again once released', async () => {
    const dir = await tempDir();
    const lock = await lockDir(dir);
    await expect(lockDir(dir)).rejects.toMatchObject({ code: 'audit_dir_in_use' });
    await lock.release();
    expect(await readdir(dir)).toEqual([]);
    await (await lockDir(dir)).release();
  });

  test('is never held by two, however many start at once', async () => {
    const dir = await tempDir();
    for (let round = 0; round < 20; round++) {
      const attempts = await Promise.allSettled(Array.from({ length: 5 }, () => lockDir(dir)));
      const held = attempts.filter((attempt) => attempt.status === 'fulfilled');
      expect(held.length).toBeLessThanOrEqual(1);
      await Promise.all(held.map((attempt) => attempt.value.release()));
    }
    expect(await readdir(dir)).toEqual([]);
  });

  test('does not outlive a holder that was killed', async () => {
    const dir = await tempDir();
    const module = new URL('../../../src/audit/writer/lock.ts', import.meta.url).href;
    const program = `const { lockDir } = await import(${JSON.stringify(module)}); await lockDir(${JSON.stringify(dir)}); console.log('locked'); setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    await expect(lockDir(dir)).rejects.toMatchObject({ code: 'audit_dir_in_use' });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const lock = await lockDir(dir);
    expect(await readdir(dir)).toHaveLength(1);
    await lock.release();
  });

  test.each(['.lock-0123456789ab', '.new-.lock-0123456789ab'])('removes what the dead have left: %s', async (name) => {
    const dir = await tempDir();
    const program = `require('node:net').createServer().listen(${JSON.stringify(join(dir, name))}, () => process.kill(process.pid, 'SIGKILL'))`;
    await once(spawn(process.execPath, ['-e', program]), 'exit');
    expect(await readdir(dir)).toEqual([name]);
    const lock = await lockDir(dir);
    expect(await readdir(dir)).toEqual([expect.stringMatching(/^\.lock-/)]);
    await lock.release();
    expect(await readdir(dir)).toEqual([]);
  });

  test('leaves alone who listens, and has no lock name yet', async () => {
    const dir = await tempDir();
    const other = createServer();
    await bind(other, { path: join(dir, '.new-.lock-0123456789ab') });
    onTestFinished(() => void other.close());
    const lock = await lockDir(dir);
    expect(await readdir(dir)).toContain('.new-.lock-0123456789ab');
    await lock.release();
  });

  test('is taken under another name by who was taken for dead before it listened', async () => {
    const dir = await tempDir();
    vi.mocked(rename).mockImplementationOnce(async (from, to) => {
      await unlink(from);
      await rename(from, to);
    });
    const lock = await lockDir(dir);
    expect(await readdir(dir)).toHaveLength(1);
    await expect(lockDir(dir)).rejects.toMatchObject({ code: 'audit_dir_in_use' });
    await lock.release();
    expect(await readdir(dir)).toEqual([]);
  });

  test.runIf(process.platform === 'linux')('works where the path is too long for a socket', async () => {
    const dir = join(await tempDir(), 'd'.repeat(150));
    await mkdir(dir);
    const lock = await lockDir(dir);
    await expect(lockDir(dir)).rejects.toMatchObject({ code: 'audit_dir_in_use' });
    await lock.release();
  });
});
