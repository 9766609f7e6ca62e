/**
 * What the guards cost: a thousand characters of a prompt with everything on, and a piece of a streamed answer. Beside it,
 * in the same run, what it takes to look at each character once; the texts are this project's own documentation.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALONE, type Guard, guardFor } from '../src/guard/guard.ts';

const ROUNDS = 15;
const PIECE = 4;

const ROOT = join(import.meta.dirname, '..');
const read = (pattern: string): string[] =>
  globSync(pattern, { cwd: ROOT }).map((file) => readFileSync(join(ROOT, file), 'utf8'));
/** As long as prompts are. */
const prompts = (texts: readonly string[]): string[] =>
  texts.flatMap((text) => text.match(/[\s\S]{1,2000}(?:\n|$)/g) ?? []);

const TEXTS = {
  prose: prompts(read('docs/{design,operations,certificates,reading,sinks,witnesses,retention}.md')),
  code: prompts(read('src/{audit,http,upstream}/*.ts')),
};

/** The shortest of some rounds, in microseconds: noise only ever adds. */
function shortest(work: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    work();
    least = Math.min(least, (performance.now() - start) * 1000);
  }
  return least;
}

function judge(guard: Guard, text: string): void {
  const steps = guard.examine(text, 'direct', ALONE);
  while (!steps.next().done);
}

function stream(guard: Guard, text: string): number {
  const window = guard.window('bench');
  let pieces = 0;
  for (let at = 0; at < text.length; at += PIECE) {
    window.push(text.slice(at, at + PIECE));
    pieces += 1;
  }
  window.end();
  return pieces;
}

let sum = 0;
function look(text: string): void {
  for (const character of text) sum += character.codePointAt(0)!;
}

/** Prints a row for each kind of text. */
export function guardBench(out: (line: string) => void): void {
  const input = guardFor('input', { injection: 'flag', pii: 'flag', secrets: 'flag' });
  const output = guardFor('output', { injection: 'flag', pii: 'redact', secrets: 'redact' });
  out(
    'guards: µs per 1000 characters of a prompt, everything on; of that, to look at each character once; µs per piece of a stream',
  );
  for (const [kind, texts] of Object.entries(TEXTS)) {
    const thousands = texts.reduce((length, text) => length + text.length, 0) / 1000;
    const pieces = texts.reduce((count, text) => count + stream(output, text), 0);
    const judged = shortest(() => texts.forEach((text) => void judge(input, text))) / thousands;
    const looked = shortest(() => texts.forEach((text) => void look(text))) / thousands;
    const streamed = shortest(() => texts.forEach((text) => void stream(output, text))) / pieces;
    const ratio = (judged / looked).toFixed(0);
    out(
      `  ${kind.padEnd(6)} ${judged.toFixed(0).padStart(4)} (${ratio} times the ${looked.toFixed(1)} of looking), ${streamed.toFixed(2)} a piece of ${PIECE} characters`,
    );
  }
  if (sum === 0) throw new Error('nothing was read');
}
