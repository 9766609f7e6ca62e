/** The only file that prints. A command gets a Terminal and says what it has to say through it. */
export interface Terminal {
  /** A result, on stdout: what a pipe should receive. */
  out(line: string): void;
  /** Everything that is said to a person beside the result, on stderr. */
  err(line: string): void;
  /** A result for a machine: one JSON value on stdout. */
  json(value: unknown): void;
}

export const terminal: Terminal = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  json: (value) => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
};

// A reader that went away (`… | head`) is no reason to crash; what it would have read is lost either way.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
