import { afterEach, expect, test, vi } from 'vitest';
import { terminal } from '../../src/cli/terminal.ts';

afterEach(() => {
  vi.restoreAllMocks();
  Reflect.deleteProperty(process.stdout, 'isTTY');
});

/** What a stream is given. */
function listen(name: 'stdout' | 'stderr') {
  const written: string[] = [];
  const write = (text: string | Uint8Array, done?: unknown) => {
    written.push(String(text));
    if (typeof done === 'function') done();
    return true;
  };
  vi.spyOn(process[name], 'write').mockImplementation(write);
  return written;
}

const EVIL = 'DAMAGED\u001b[2J\r\u009bOK\u202e\nsecond line';
const TAME = 'DAMAGED\u{fffd}[2J\u{fffd}\u{fffd}OK\u{fffd}\nsecond line';

test.each(['out', 'err'] as const)('%s lets no control character through but the end of a line', (say) => {
  const written = listen(say === 'out' ? 'stdout' : 'stderr');
  terminal[say](EVIL);
  expect(written).toEqual([`${TAME}\n`]);
});

test('json escapes them', () => {
  const written = listen('stdout');
  terminal.json({ file: EVIL });
  expect(written.join('').slice(0, -1).split('\n')).toHaveLength(3);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(written.join('')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(JSON.parse(written.join(''))).toEqual({ file: EVIL });
});

test.each([
  ['a pipe', false, EVIL],
  ['a terminal', true, TAME],
])('write gives %s what it may have', async (_, isTTY, expected) => {
  Object.defineProperty(process.stdout, 'isTTY', { value: isTTY, configurable: true });
  const written = listen('stdout');
  expect(await terminal.write(EVIL)).toBe(true);
  expect(written).toEqual([expected]);
});
