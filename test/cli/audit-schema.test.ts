import { expect, test } from 'vitest';
import { auditLineSchema } from '../../src/audit/events.ts';
import { audit } from '../../src/cli/audit.ts';
import { listeningTerminal } from '../support/terminal.ts';

test('sallyport audit schema prints what the gateway writes by', async () => {
  const { terminal, said } = listeningTerminal();
  expect(await audit(['schema'], terminal)).toBe(0);
  expect(said).toMatchObject({ json: [auditLineSchema()], err: [] });
});

test.each([
  [[], /verify\|find\|tail\|export\|schema\|hold\|release\|witness/],
  [['prove'], /There is no command "audit prove"/],
  [['constructor'], /There is no command/],
  [['schema', 'x'], /Usage: sallyport audit schema/],
  [['find'], /Usage: sallyport audit find/],
])('sallyport audit %j explains itself', async (argv, message) => {
  await expect(audit(argv, listeningTerminal().terminal)).rejects.toMatchObject({
    code: 'usage',
    exitCode: 2,
    message: expect.stringMatching(message),
  });
});
