/** The result as lines of text. */
import { type Breakdown, type Count, type Report, shareOf } from '../tally.ts';
import { percent } from './share.ts';

/** Disguises and places that are worth a line: the worst of each. */
const WORST = 8;

const column = (rows: readonly (readonly string[])[]): string[] => {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
};

const of = ({ tried }: Count): string => `of ${tried}`;

/** Everything that a person wants to see first, for a terminal. */
export function tableOf(report: Report): string[] {
  const rows = (attack: boolean) =>
    report.families
      .filter((family) => family.attack === attack)
      .map(({ family, plain, disguised, met }) => [
        family,
        percent(plain, attack),
        of(plain),
        percent(disguised, attack),
        of(disguised),
        met.plain && met.disguised ? 'ok' : 'MISSED',
      ]);
  const section = (title: string, attack: boolean): string[] => {
    const body = rows(attack);
    return body.length === 0 ? [] : [...column([[title, 'as is', '', 'disguised', '', ''], ...body]), ''];
  };
  return [
    ...section('attacks caught', true),
    ...section('false alarms', false),
    ...worst('disguises that hid most', report.disguises),
    ...worst('places where most was missed', report.places),
    `${report.probes} probes, seed ${report.seed}, ${report.target}: ${report.passed ? 'every threshold is met' : 'NOT GOOD ENOUGH'}${report.failed > 0 ? `, ${report.failed} FAILED` : ''}`,
  ];
}

function worst(title: string, list: readonly Breakdown[]): string[] {
  const caught = ({ attacks }: Breakdown): number => shareOf(attacks, true) ?? 1;
  const rows = list
    .filter((row) => caught(row) < 1)
    .sort((a, b) => caught(a) - caught(b))
    .slice(0, WORST)
    .map(({ name, attacks }) => [name, percent(attacks, true), of(attacks)]);
  return rows.length === 0 ? [] : [...column([[title, 'caught', ''], ...rows]), ''];
}
