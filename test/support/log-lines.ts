/** The lines of a gateway's log as they stand on disk, and those that a receiver has of them. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestGateway } from './gateway.ts';

export const auditDir = ({ dir }: TestGateway): string => join(dir, 'var/audit');

/** The files of a log, the oldest first. */
export const filesIn = async (dir: string): Promise<string[]> =>
  (await readdir(dir))
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map((name) => join(dir, name));

/** Whole lines, without their newlines. */
export async function linesIn(dir: string): Promise<string[]> {
  const texts = await Promise.all((await filesIn(dir)).map((file) => readFile(file, 'utf8')));
  return texts.flatMap((text) => text.split('\n').slice(0, -1));
}

/** What is there at least once, in the order of its first appearance. */
export const withoutRepeats = (lines: readonly string[]): string[] => [...new Set(lines)];

export const seqOf = (line: string): number => JSON.parse(line).seq;

/** The value of a metric; undefined if it is not there. */
export async function metric(gateway: TestGateway, name: string): Promise<number | undefined> {
  const { text } = await gateway.ops('/metrics');
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}
