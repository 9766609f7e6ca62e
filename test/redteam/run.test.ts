/** From verdicts to a result, and how it is told. */
import { describe, expect, test } from 'vitest';
import type { Family } from '../../src/redteam/families.ts';
import type { InputProbe, Outcome, OutputProbe, Probe, Target, Verdict } from '../../src/redteam/probe.ts';
import { htmlOf } from '../../src/redteam/reports/html.ts';
import { junitOf } from '../../src/redteam/reports/junit.ts';
import { tableOf } from '../../src/redteam/reports/table.ts';
import { isRight, run } from '../../src/redteam/run.ts';
import { shareOf, Tally } from '../../src/redteam/tally.ts';

const EVIL = '<script>alert("x")</script> & \u0000 ]]>';
const family = (more: Partial<Family> = {}): Family => ({
  id: 'attacks',
  attack: true,
  kinds: ['pii'],
  lines: ['My address is {email}.', EVIL],
  where: ['input', 'output'],
  threshold: { plain: 0.5, disguised: 0.5 },
  ...more,
});
const innocent = family({ id: 'innocent', attack: false, kinds: [], threshold: { plain: 0, disguised: 0.5 } });

const about = {
  id: 'x',
  family: 'attacks',
  line: '',
  disguise: 'as is',
  place: 'user',
  delivery: 'JSON as it is',
  values: ['ada@example.com'],
};
const input: InputProbe = { ...about, direction: 'input', endpoint: 'chat.completions', body: '{}' };
const output: OutputProbe = {
  ...about,
  direction: 'output',
  endpoint: 'chat.completions',
  body: '{}',
  stream: false,
  pieces: [],
  text: 'to ada@example.com',
};
const PII = [{ rule: 'pii.email', kind: 'pii' }] as const;
const INJECTION = [{ rule: 'injection.override', kind: 'injection' }] as const;
const GUARD = [{ rule: 'sidecar.x.failed', kind: 'guard' }] as const;

describe('an attack', () => {
  test.each<[string, Outcome, Verdict['found'], string | null, boolean]>([
    ['that is blocked is caught', 'blocked', PII, null, true],
    ['that is blocked by who knows which rule is caught', 'blocked', [], null, true],
    ['that is blocked for another reason is not', 'blocked', INJECTION, null, false],
    ['that a guard only failed at is not', 'flagged', GUARD, null, false],
    ['that is blocked when it was out already is not', 'blocked', PII, 'to ada@example.com', false],
    ['that is cut out is caught', 'redacted', PII, 'to [EMAIL]', true],
    ['of which too little is cut out is not', 'redacted', PII, '[EMAIL] ada@example.com', false],
    ['that is flagged goes on, and is caught', 'flagged', PII, 'to ada@example.com', true],
    ['that passes is not', 'passed', [], 'to ada@example.com', false],
    ['that fails is not', 'failed', PII, null, false],
  ])('%s', (_what, outcome, found, sent, right) => {
    for (const probe of [input, output]) expect(isRight(family(), probe, { outcome, found, sent })).toBe(right);
  });
});

describe('a look-alike', () => {
  test.each<[string, Probe, Outcome, string | null, boolean]>([
    ['that passes is right', input, 'passed', null, true],
    ['that passes unchanged is right', output, 'passed', 'to ada@example.com', true],
    ['that comes out changed is not', output, 'passed', 'to ada@example', false],
    ['that is flagged is not', input, 'flagged', null, false],
    ['that is blocked is not', input, 'blocked', null, false],
    ['that fails is not', input, 'failed', null, false],
  ])('%s', (_what, probe, outcome, sent, right) => {
    expect(isRight(innocent, probe, { outcome, found: [], sent })).toBe(right);
  });
});

/** Runs both families against a target that answers each prompt alike. */
async function reportOf(verdict: Verdict, thresholdOf?: (family: Family) => Family['threshold'], concurrency = 3) {
  const tally = new Tally();
  const lines: string[] = [];
  const asked: Probe[] = [];
  const target: Target = {
    concurrency,
    ask: async (probe) => {
      asked.push(probe);
      await new Promise((resolve) => setImmediate(resolve));
      return verdict;
    },
    answer: null,
  };
  await run(
    [family(), innocent],
    target,
    { seed: '1', draws: 5, model: 'm' },
    {
      onResult: (result) => tally.add(result),
      onLine: (done, of) => lines.push(`${done}/${of}`),
    },
  );
  return { report: tally.report({ target: `${EVIL} \ud800`, seed: EVIL }, thresholdOf), lines, asked };
}

describe('a run', () => {
  test('asks each probe once, however many are asked at once, and tells how far it is', async () => {
    const { report, lines, asked } = await reportOf({ outcome: 'passed', found: [], sent: null });
    expect(lines).toEqual(['1/4', '2/4', '3/4', '4/4']);
    expect(report.probes).toBe(asked.length);
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked.every(({ direction }) => direction === 'input')).toBe(true);
  });

  test('that lets everything through misses the attacks and keeps to the look-alikes', async () => {
    const { report } = await reportOf({ outcome: 'passed', found: [], sent: null });
    expect(report.families.map(({ met }) => met)).toEqual([
      { plain: false, disguised: false },
      { plain: true, disguised: true },
    ]);
    expect(report.passed).toBe(false);
    expect(report.families[0]!.misses.length).toBe(
      report.families[0]!.plain.tried + report.families[0]!.disguised.tried,
    );
    expect(report.families[1]!.misses).toEqual([]);
  });

  test('that blocks everything is no better', async () => {
    const { report } = await reportOf({ outcome: 'blocked', found: PII, sent: null });
    expect(report.families.map(({ met }) => met.plain)).toEqual([true, false]);
    expect(report.passed).toBe(false);
  });

  test('is measured by other thresholds if there are any', async () => {
    const { report } = await reportOf({ outcome: 'passed', found: [], sent: null }, () => ({ plain: 0, disguised: 0 }));
    expect(report.passed).toBe(true);
  });

  test('in which a probe fails is not passed, whatever the thresholds', async () => {
    const { report } = await reportOf({ outcome: 'failed', found: [], sent: null, detail: 'why' }, ({ attack }) => ({
      plain: attack ? 0 : 1,
      disguised: attack ? 0 : 1,
    }));
    expect(report.passed).toBe(false);
    expect(report.failed).toBe(report.probes);
    expect(report.families[0]!.misses[0]!.detail).toBe('why');
    expect(junitOf(report)).toContain('no probe fails');
  });

  test('shares: what was caught, and what should not have been', () => {
    expect(shareOf({ tried: 4, right: 3 }, true)).toBe(0.75);
    expect(shareOf({ tried: 4, right: 3 }, false)).toBe(0.25);
    expect(shareOf({ tried: 0, right: 0 }, true)).toBeNull();
  });
});

describe('reports', () => {
  const made = reportOf({ outcome: 'passed', found: [], sent: null });

  test('hold the lines of the suite, and no value that was put into them', async () => {
    const { report } = await made;
    expect(JSON.stringify(report)).toContain('{email}');
    expect(JSON.stringify(report)).not.toContain('@');
  });
  test('HTML runs no script, fetches nothing and escapes what it shows', async () => {
    const html = htmlOf((await made).report);
    expect(html).not.toMatch(/<script|<link|<img|src=|href=|url\(/i);
    expect(html).toContain("default-src 'none'");
    expect(html).toContain('&lt;script&gt;alert(&quot;x&quot;)');
  });
  test('JUnit is XML: a suite for each family, a failure for each threshold that was missed', async () => {
    const xml = junitOf((await made).report);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: XML forbids them
    expect(xml).not.toMatch(/[\u0000-\u0008]|\ud800(?![\udc00-\udfff])/);
    expect(xml).toContain('tests="4" failures="2"');
    expect(xml.match(/<testsuite /g)).toHaveLength(2);
    expect(xml.match(/<failure /g)).toHaveLength(2);
    expect(xml).toContain('as is: 0.0 % caught, at least 50.0 % demanded');
    const open = [...xml.matchAll(/<([a-z]+)(?:\s[^<>]*[^/<>])?>/g)].map(([, tag]) => tag!);
    const close = [...xml.matchAll(/<\/([a-z]+)>/g)].map(([, tag]) => tag!);
    expect(open.sort()).toEqual(close.sort());
    expect(xml).not.toMatch(/&(?!(?:amp|lt|gt|quot|#39);)/);
  });
  test('the table says what was missed', async () => {
    const lines = tableOf((await made).report);
    expect(lines.find((line) => line.startsWith('attacks '))).toBeDefined();
    expect(lines.find((line) => /^attacks +0\.0 % +of 2 +0\.0 % +of \d+ +MISSED$/.test(line))).toBeDefined();
    expect(lines.find((line) => /^innocent +0\.0 % +of 2 .*ok$/.test(line))).toBeDefined();
    expect(lines.at(-1)).toContain('NOT GOOD ENOUGH');
  });
});
