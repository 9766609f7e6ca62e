/**
 * The only file that prints. A command gets a Terminal and says what it has to say through it. What it says may name
 * what others wrote, in a log, a certificate or the name of a file: no control character of it reaches the terminal.
 */
import { printableJson, printableLines } from '../audit/read/printable.ts';

export interface Terminal {
  /** A result for people, on stdout: a line, or several. */
  out(line: string): void;
  /** Everything that is said to a person beside the result, on stderr. */
  err(line: string): void;
  /** A result for a machine: one JSON value on stdout. */
  json(value: unknown): void;
  /**
   * A part of a long result, on stdout, byte for byte unless that is a terminal. Is fulfilled once there is room for more:
   * with false if nobody reads any more, and the rest need not be made.
   */
  write(text: string): Promise<boolean>;
  /** How a long task goes: one line on stderr, each time in place of the last; null removes it. Only people see it. */
  progress(line: string | null): void;
}

export const terminal: Terminal = {
  out: (line) => void process.stdout.write(`${printableLines(line)}\n`),
  err: (line) => void process.stderr.write(`${printableLines(line)}\n`),
  json: (value) => void process.stdout.write(`${printableJson(JSON.stringify(value, null, 2))}\n`),
  write: (text) =>
    new Promise((resolve) => {
      const { stdout } = process;
      stdout.write(stdout.isTTY ? printableLines(text) : text, (error) => resolve(!error));
    }),
  progress: (line) => {
    const { isTTY, columns } = process.stderr;
    // Carriage return and "erase in line" (ECMA-48); a line that wraps could not be taken back.
    if (isTTY) process.stderr.write(`\r\x1b[2K${(line ?? '').slice(0, (columns || 80) - 1)}`);
  },
};

// A reader that went away (`… | head`) is no reason to crash; what it would have read is lost either way.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
