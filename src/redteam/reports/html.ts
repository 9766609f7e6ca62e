/** The result as a page that stands alone: no script, nothing that is fetched. */
import type { Breakdown, FamilyReport, Miss, Report } from '../tally.ts';
import { escapeMarkup } from './markup.ts';
import { percent, verdictOf } from './share.ts';

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}
table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8884;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}.missed{color:#b00020;font-weight:600}.ok{color:#1b7f3b}
code{white-space:pre-wrap;overflow-wrap:anywhere}:root{color-scheme:light dark}`;

const row = (cells: readonly string[]): string => `<tr>${cells.join('')}</tr>`;
const cell = (text: string): string => `<td>${escapeMarkup(text)}</td>`;
const figure = (text: string): string => `<td class="n">${escapeMarkup(text)}</td>`;
const table = (heads: readonly string[], rows: readonly string[]): string =>
  `<table><thead>${row(heads.map((head) => `<th>${escapeMarkup(head)}</th>`))}</thead><tbody>${rows.join('\n')}</tbody></table>`;

export function htmlOf(report: Report): string {
  const state = report.passed
    ? '<span class="ok">every threshold is met</span>'
    : '<span class="missed">not good enough</span>';
  const failed = report.failed > 0 ? ` <span class="missed">${report.failed} failed.</span>` : '';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Red team</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style></head><body>
<h1>Red team: ${state}</h1>
<p>${report.probes} probes against ${escapeMarkup(report.target)}, seed ${escapeMarkup(report.seed)}.${failed}</p>
<h2>Attacks caught</h2>${families(report, true)}
<h2>False alarms</h2>${families(report, false)}
<h2>By disguise</h2>${breakdown(report.disguises)}
<h2>By place</h2>${breakdown(report.places)}
<h2>By delivery</h2>${breakdown(report.deliveries)}
<h2>What went wrong</h2>
${report.families
  .filter(({ misses }) => misses.length > 0)
  .map(missesOf)
  .join('\n')}
</body></html>
`;
}

const families = (report: Report, attack: boolean): string =>
  table(
    ['family', 'as is', 'probes', 'in disguise', 'probes', ''],
    report.families
      .filter((family) => family.attack === attack)
      .map((family) => {
        const well = family.met.plain && family.met.disguised;
        const state = `<td class="${well ? 'ok' : 'missed'}">${well ? 'ok' : escapeMarkup(shortfall(family))}</td>`;
        const { plain, disguised } = family;
        return row([
          cell(family.family),
          figure(percent(plain, attack)),
          figure(`${plain.tried}`),
          figure(percent(disguised, attack)),
          figure(`${disguised.tried}`),
          state,
        ]);
      }),
  );

const shortfall = (family: FamilyReport): string =>
  (['plain', 'disguised'] as const)
    .filter((part) => !family.met[part])
    .map((part) => verdictOf(family, part))
    .join('; ');

const breakdown = (list: readonly Breakdown[]): string =>
  table(
    ['', 'attacks caught', 'probes', 'false alarms', 'probes'],
    list.map(({ name, attacks, innocent }) =>
      row([
        cell(name),
        figure(percent(attacks, true)),
        figure(`${attacks.tried}`),
        figure(percent(innocent, false)),
        figure(`${innocent.tried}`),
      ]),
    ),
  );

const missesOf = ({ family, misses }: FamilyReport): string =>
  `<details><summary>${escapeMarkup(family)}: ${misses.length}</summary>${table(
    ['line', 'disguise', 'place', 'delivery', 'outcome', 'rules'],
    misses.map(({ line, disguise, place, delivery, outcome, rules, detail }: Miss) =>
      row([
        `<td><code>${escapeMarkup(line)}</code></td>`,
        cell(disguise),
        cell(place),
        cell(delivery),
        cell(detail === null ? outcome : `${outcome}: ${detail}`),
        cell(rules.join(', ')),
      ]),
    ),
  )}</details>`;
