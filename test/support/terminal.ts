import type { Terminal } from '../../src/cli/terminal.ts';

/** A terminal that remembers what it was told. */
export function listeningTerminal() {
  const said = { out: [] as string[], err: [] as string[], json: [] as unknown[] };
  const terminal: Terminal = {
    out: (line) => void said.out.push(line),
    err: (line) => void said.err.push(line),
    json: (value) => void said.json.push(value),
  };
  return { terminal, said };
}
