import { type Count, type FamilyReport, shareOf } from '../tally.ts';

/** `93.1 %`, or `–` where nothing was tried. */
export function percent(count: Count, attack: boolean): string {
  const share = shareOf(count, attack);
  return share === null ? '–' : `${(100 * share).toFixed(1)} %`;
}

/** What was demanded and what was reached, in words: `as is: 93.1 % caught, at least 90.0 % demanded`. */
export function verdictOf(report: FamilyReport, part: 'plain' | 'disguised'): string {
  const { attack, threshold } = report;
  const what = part === 'plain' ? 'as is' : 'in disguise';
  const demanded = `${attack ? 'at least' : 'at most'} ${(100 * threshold[part]).toFixed(1)} %`;
  return `${what}: ${percent(report[part], attack)} ${attack ? 'caught' : 'false alarms'}, ${demanded} demanded`;
}
