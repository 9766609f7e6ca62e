import { expect, it, test } from 'vitest';
import { admitted, completed, denied, finding, fits, HOUR, MINUTE, START, watching } from './make.ts';

const KEY = { keyId: 'key0000001', team: 'payments', app: 'billing', env: 'prod' };

test('ten requests with findings in an hour, and not nine', () => {
  const { observe, raised } = watching({ guardrailHitsPerHour: 10 });
  observe(completed({ findings: [finding('iban'), finding('email')] }), 5, 6 * MINUTE);
  observe(denied('prompt_injection', { findings: [finding('override')] }), 4, 7 * MINUTE);
  expect(raised).toEqual([]);
  observe(denied('output_blocked'));
  expect(raised).toEqual([
    {
      event: 'alert.guardrail_series',
      ...KEY,
      count: 10,
      windowMs: HOUR,
      rules: ['email', 'iban', 'override'],
      at: START + 45 * MINUTE,
    },
  ]);
  const { at: _, ...alert } = raised[0]!;
  expect(fits(alert)).toBe(true);
});

it.each([
  ['in an hour', HOUR, 1],
  ['in an hour and a minute', HOUR + MINUTE, 0],
])('ten %s', (_, span, alerts) => {
  const { observe, raised, clock } = watching({ guardrailHitsPerHour: 10 });
  observe(completed({ findings: [finding('iban')] }), 9);
  clock.at += span;
  observe(completed({ findings: [finding('email')] }));
  expect(raised).toHaveLength(alerts);
});

it.each([
  ['requests without findings', completed()],
  [
    'answers in which something is only flagged',
    completed({ findings: [{ ...finding('repeated_prompt'), direction: 'output', action: 'flag' }] }),
  ],
  ['the beginning of a request, whose end is counted', { ...admitted(), findings: [finding('iban')] }],
  ['refusals that are not a guard’s', denied('rate_limited')],
  ['a refusal with a code that is the name of something else', denied('constructor')],
])('does not count %s', (_, event) => {
  const { observe, raised } = watching({ guardrailHitsPerHour: 10 });
  observe(event as ReturnType<typeof admitted>, 1000);
  expect(raised).toEqual([]);
});

it('counts each key by itself', () => {
  const { observe, raised } = watching({ guardrailHitsPerHour: 10 });
  for (let i = 0; i < 100; i++) observe(completed({ keyId: `key${i}`, findings: [finding('iban')] }), 9);
  expect(raised).toEqual([]);
  observe(completed({ keyId: 'key42', findings: [finding('iban')] }));
  expect(raised).toMatchObject([{ keyId: 'key42', count: 10 }]);
});

it('tells of a series that goes on once an hour, with the rules of that hour', () => {
  const { observe, raised, clock } = watching({ guardrailHitsPerHour: 10 });
  observe(completed({ findings: [finding('iban')] }), 10);
  clock.at += MINUTE;
  observe(completed({ findings: [finding('email')] }), 150, MINUTE);
  expect(raised.map(({ at }) => (at - START) / MINUTE)).toEqual([0, 60, 120]);
  expect(raised.at(-1)).toMatchObject({ rules: ['email'] });
});
