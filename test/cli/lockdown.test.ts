import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lockdown } from '../../src/cli/lockdown.ts';
import { describeWithRedis, startRedis } from '../support/redis.ts';
import { listeningTerminal } from '../support/terminal.ts';

let dir: string;
let config: string;
let said: ReturnType<typeof listeningTerminal>['said'];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cli-lockdown-'));
  config = join(dir, 'sallyport.yaml');
  writeFileSync(config, `stateDir: ${join(dir, 'var')}\nupstreams: []\n`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true });
});

function run(...argv: string[]) {
  const listening = listeningTerminal();
  said = listening.said;
  return lockdown([...argv, '--config', config], listening.terminal);
}
const stored = () => JSON.parse(readFileSync(join(dir, 'var', 'lockdown.json'), 'utf8'));

const me = `${userInfo().username}@${hostname()}`;

describe('lockdown', () => {
  it('is off at first', async () => {
    expect(await run()).toBe(0);
    expect(said.out).toEqual(['The lockdown is off.']);
  });

  it('goes on, with who, when and why, and says what that means', async () => {
    expect(await run('on', '--reason', 'a key leaked')).toBe(0);
    expect(stored()).toEqual({ on: true, since: expect.any(String), by: me, reason: 'a key leaked' });
    expect(said.out).toEqual([`The lockdown is on since ${stored().since}, by ${me}: a key leaked.`]);
    expect(said.err.join()).toMatch(/inference stops within a second.*Administration goes on/);
    expect(said.err.at(-1)).toContain(join(dir, 'var'));
    expect(await run()).toBe(0);
    expect(said.out).toEqual([expect.stringContaining('The lockdown is on since')]);
  });

  it.each([true, false])('stays as it is where it is on or off already: %s', async (on) => {
    await run('on', '--reason', 'first');
    if (!on) await run('off', '--reason', 'first');
    const before = stored();
    expect(await run(on ? 'on' : 'off', '--reason', 'second')).toBe(0);
    expect([stored(), said.err[0]]).toEqual([before, expect.stringContaining('already: nothing has changed')]);
  });

  it('needs no reason', async () => {
    expect(await run('on')).toBe(0);
    expect(stored()).toMatchObject({ on: true, reason: 'no reason was given' });
  });

  it('goes off again, with or without a reason', async () => {
    await run('on', '--reason', 'leak');
    expect(await run('off', '--json')).toBe(0);
    expect(said.json).toEqual([stored()]);
    expect(stored()).toMatchObject({ on: false, by: me });
  });

  it.each([
    [['on', '--reason', ''], /1 to 256 printable/],
    [['on', '--reason', 'a\nb'], /1 to 256 printable/],
    [['maybe'], /no command "lockdown maybe"/],
    [['--reason', 'x'], /say "on" or "off"/],
    [['on', 'now', '--reason', 'x'], /options only/],
    [['off', '--force'], /--force/],
  ])('refuses %j', async (argv, message) => {
    await expect(run(...argv)).rejects.toMatchObject({
      code: 'usage',
      exitCode: 2,
      message: expect.stringMatching(message),
    });
  });

  it('needs no secret of the gateway, and reads nothing of the configuration but where things are', async () => {
    vi.stubEnv('PROMPT_HMAC_SECRET', '');
    writeFileSync(config, `stateDir: ${join(dir, 'var')}\nlimits: nonsense\n`);
    expect(await run()).toBe(0);
  });

  it.each([
    ['stateDir: 5\n', 'config_invalid'],
    ['keys: { store: redis }\n', 'config_invalid'],
    ['keys: { store: filee }\n', 'config_invalid'],
    ['keys: [\n', 'config_not_yaml'],
    ['just words\n', 'config_invalid'],
  ])('refuses the configuration %j', async (text, code) => {
    vi.stubEnv('REDIS_URL', '');
    writeFileSync(config, text);
    await expect(run()).rejects.toMatchObject({ code });
  });

  it('does not say "off" of what it cannot read', async () => {
    await run('on', '--reason', 'leak');
    writeFileSync(join(dir, 'var', 'lockdown.json'), '');
    await expect(run()).rejects.toMatchObject({ code: 'lockdown_invalid' });
    await expect(run('off')).rejects.toMatchObject({ code: 'lockdown_invalid' });
  });
});

describeWithRedis('lockdown in Redis', () => {
  it('is for all instances, and a Redis that is not there is a fault', async () => {
    const server = await startRedis();
    try {
      vi.stubEnv('REDIS_URL', server.tcpUrl);
      writeFileSync(config, 'keys: { store: redis }\n');
      await run('on', '--reason', 'leak');
      await run();
      expect(said.out).toEqual([expect.stringMatching(/^The lockdown is on since .*: leak\.$/)]);
      await server.kill();
      await expect(run()).rejects.toMatchObject({ code: 'lockdown_unreadable' });
      await expect(run('off')).rejects.toMatchObject({ code: 'lockdown_unreadable' });
    } finally {
      await server.close();
    }
  });
});
