import type { Terminal } from '../../src/cli/terminal.ts';

/** A terminal that remembers what it was told. */
export function listeningTerminal() {
  const said = {
    out: [] as string[],
    err: [] as string[],
    json: [] as unknown[],
    progress: [] as (string | null)[],
    written: '',
  };
  const terminal: Terminal = {
    out: (line) => void said.out.push(line),
    err: (line) => void said.err.push(line),
    json: (value) => void said.json.push(value),
    write: async (text) => {
      said.written += text;
      return true;
    },
    progress: (line) => void said.progress.push(line),
  };
  return { terminal, said };
}
