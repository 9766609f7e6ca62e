/** A model server that costs nothing: a fixed answer, as JSON or as a stream. Prints its port. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const EVENTS = 60;
const envelope = { id: 'c', created: 1, model: 'm' };
const words = (i: number) => ['The ', 'answer ', 'goes ', 'on, ', 'word ', 'by ', 'word. '][i % 7]!;
const answer = JSON.stringify({
  ...envelope,
  object: 'chat.completion',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: Array.from({ length: EVENTS }, (_, i) => words(i)).join('') },
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 20, completion_tokens: EVENTS, total_tokens: EVENTS + 20 },
});
const event = (delta: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ ...envelope, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const events = [
  ...Array.from({ length: EVENTS }, (_, i) => event({ content: words(i) })),
  event({}, 'stop'),
  'data: [DONE]\n\n',
];

const server = createServer((req, res) => {
  let body = '';
  req.on('data', (chunk) => {
    body += chunk;
  });
  req.on('end', () => {
    if (!body.includes('"stream":true')) return void res.setHeader('content-type', 'application/json').end(answer);
    res.setHeader('content-type', 'text/event-stream');
    for (const one of events) res.write(one);
    res.end();
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
