import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CSV_HEADER, toCsv } from '../../../src/audit/read/csv.ts';
import { EVENT_NAMES, recordOf } from './samples.ts';

/** Reads CSV by the grammar of RFC 4180 §2. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  const row: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  while (cell.lastIndex < text.length) {
    const [, quoted, bare, end] = cell.exec(text)!;
    row.push(quoted?.replaceAll('""', '"') ?? bare!);
    if (end === '\r\n') rows.push(row.splice(0));
  }
  return rows;
}

const header = parseCsv(CSV_HEADER)[0]!;
const cellsOf = (name: (typeof EVENT_NAMES)[number], changes: Record<string, unknown> = {}) => {
  const [row, ...more] = parseCsv(toCsv(recordOf(name, changes).record));
  expect([row!.length, more.length]).toEqual([header.length, 0]);
  return Object.fromEntries(header.map((column, i) => [column, row![i]!]));
};

test.each(EVENT_NAMES)('%s has a cell for each column and loses nothing', (name) => {
  const { record } = recordOf(name);
  const cells = cellsOf(name);
  const others = JSON.parse(cells['others']!);
  for (const [field, value] of Object.entries(record)) {
    if (!header.includes(field)) expect(others[field] ?? null).toEqual(value);
    else if (value === null) expect(cells[field]).toBe('');
    else expect(cells[field]).toBe(typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
});

test.each([
  ['a formula', '=HYPERLINK("http://example.com")', '\'=HYPERLINK("http://example.com")'],
  ['plus', '+1', "'+1"],
  ['minus', '-1+1|cmd', "'-1+1|cmd"],
  ['at', '@SUM(A1)', "'@SUM(A1)"],
  ['a tab before it', '\t=1', "'\t=1"],
  ['a line break before it', '\r\n=1', "'\r\n=1"],
  ['a blank before it', ' =1+1', "' =1+1"],
  ['a blank that is not seen before it', '\u200b \u2060=1+1', "'\u200b \u2060=1+1"],
  ['a no-break space before it', '\u00a0@SUM(A1)', "'\u00a0@SUM(A1)"],
  ['full width', '＝1+1', "'＝1+1"],
  ['a name', 'spiffe://corp/bot', 'spiffe://corp/bot'],
  ['quotes, commas and lines', 'a "b", c\nd', 'a "b", c\nd'],
])('%s is only a text', (_what, client, cell) => {
  expect(cellsOf('inference.completed', { client })['client']).toBe(cell);
});

const formulas = fc.string({ unit: fc.constantFrom(...'=+-@＝＋－＠ \t\r\n\u00a0\u200b\ufeff1a') });

test('whatever a text is, it stays in its cell and is no formula', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), formulas), (client) => {
      const cell = cellsOf('inference.completed', { client })['client']!;
      expect([client, `'${client}`]).toContain(cell);
      expect(cell).not.toMatch(/^[\t\r\n]|^[\s\u200b-\u200d\u2060]*[=+\-@＝＋－＠]/);
    }),
  );
});
