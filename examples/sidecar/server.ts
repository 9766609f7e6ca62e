/**
 * A side-car in a few lines: it finds the staff numbers of an imaginary company. What it is asked and what it answers is
 * described in docs/sidecar.openapi.yaml.
 *
 *   node examples/sidecar/server.ts [port]
 */
import { createServer, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';

const STAFF_NUMBER = /\bACME-\d{5}\b/g;

async function judge(request: IncomingMessage): Promise<string> {
  const { texts } = (await json(request)) as { texts: { text: string }[] };
  const findings = texts.flatMap(({ text }, index) =>
    [...text.matchAll(STAFF_NUMBER)].map(({ 0: match, index: start }) => ({
      text: index,
      rule: 'staff_number',
      kind: 'pii',
      start,
      end: start + match.length,
    })),
  );
  return JSON.stringify({ findings });
}

const server = createServer((request, response) => {
  judge(request).then(
    (answer) => response.setHeader('content-type', 'application/json').end(answer),
    // The gateway hung up, or sent what is not of the contract.
    () => response.writeHead(400).end(),
  );
});

server.listen(Number(process.argv[2] ?? 8700), '127.0.0.1', () => {
  const { port } = server.address() as { port: number };
  process.stdout.write(`side-car on http://127.0.0.1:${port}/\n`);
});
