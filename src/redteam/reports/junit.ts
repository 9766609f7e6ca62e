/** The result as JUnit XML, which every CI reads: a suite for each family, a test for each threshold. */
import type { FamilyReport, Miss, Report } from '../tally.ts';
import { escapeMarkup } from './markup.ts';
import { verdictOf } from './share.ts';

/** Misses that are told with a threshold that was not met. */
const SHOWN = 50;

const PARTS = ['plain', 'disguised'] as const;

export function junitOf(report: Report): string {
  const suites = report.families.map(suiteOf);
  if (report.failed > 0) {
    const message = `${report.failed} probes came to no verdict`;
    suites.push(
      `  <testsuite name="failures" tests="1" failures="1">\n    <testcase name="no probe fails" classname="redteam">\n      <failure message="${message}"/>\n    </testcase>\n  </testsuite>`,
    );
  }
  const failures = report.families.reduce((sum, family) => sum + failuresOf(family), report.failed > 0 ? 1 : 0);
  const tests = 2 * report.families.length + (report.failed > 0 ? 1 : 0);
  const head = `<testsuites name="sallyport redteam, seed ${escapeMarkup(report.seed)}" tests="${tests}" failures="${failures}">`;
  return ['<?xml version="1.0" encoding="UTF-8"?>', head, ...suites, '</testsuites>', ''].join('\n');
}

const failuresOf = ({ met }: FamilyReport): number => PARTS.filter((part) => !met[part]).length;

function suiteOf(report: FamilyReport): string {
  const cases = PARTS.map((part) => {
    const name = escapeMarkup(verdictOf(report, part));
    const open = `    <testcase name="${part === 'plain' ? 'as is' : 'in disguise'}" classname="redteam.${escapeMarkup(report.family)}"`;
    if (report.met[part]) return `${open}/>`;
    const misses = report.misses.filter(({ disguise }) => (disguise === 'as is') === (part === 'plain'));
    const list = escapeMarkup(misses.slice(0, SHOWN).map(lineOf).join('\n'));
    return `${open}>\n      <failure message="${name}">${list}</failure>\n    </testcase>`;
  });
  const head = `  <testsuite name="${escapeMarkup(report.family)}" tests="2" failures="${failuresOf(report)}">`;
  return [head, ...cases, '  </testsuite>'].join('\n');
}

const lineOf = ({ id, disguise, place, delivery, outcome, rules, detail, line }: Miss): string =>
  `${[id, disguise, place, delivery, outcome, ...rules, ...(detail === null ? [] : [detail])].join(' | ')}: ${JSON.stringify(line)}`;
