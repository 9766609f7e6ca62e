/**
 * A fault that stops a command: a missing file, a setting that cannot work, a damaged log. It has a code that
 * docs/errors.md explains, and a sentence that says what to do. `main.ts` prints it and exits with `exitCode`.
 */
export class Fault extends Error {
  readonly code: string;
  readonly exitCode: 1 | 2;
  constructor(code: string, message: string, { cause, exitCode = 2 }: { cause?: unknown; exitCode?: 1 | 2 } = {}) {
    super(message, { cause });
    this.name = 'Fault';
    this.code = code;
    this.exitCode = exitCode;
  }
}
