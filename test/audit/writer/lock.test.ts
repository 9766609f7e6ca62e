import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lockDir } from '../../../src/audit/writer/lock.ts';
import { tempDir } from '../helpers.ts';

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

  test.runIf(process.platform === 'linux')('works where the path is too long for a socket', async () => {
    const dir = join(await tempDir(), 'd'.repeat(150));
    await mkdir(dir);
    const lock = await lockDir(dir);
    await expect(lockDir(dir)).rejects.toMatchObject({ code: 'audit_dir_in_use' });
    await lock.release();
  });
});
