/** Clients that are let in and mean no good: what they try must cost them more than the gateway. */
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway, stopAll, type TestGateway, until } from '../support/gateway.ts';
import { chatAnswer, gate, json, onceOpen, startUpstream, type Upstream } from '../support/upstream.ts';

const CHAT = '/v1/chat/completions';
let upstream: Upstream;
let gateway: TestGateway;
beforeAll(async () => {
  upstream = await startUpstream(json(200, chatAnswer('hello')));
  gateway = await startGateway({ upstream: upstream.url });
});
afterAll(async () => {
  await stopAll();
  await upstream.close();
});
const ask = (content: unknown) => ({ model: 'm', messages: [{ role: 'user', content }] });

/** A good request, as bytes on the wire. */
function rawAsk(): string {
  const body = JSON.stringify(ask('hi'));
  const head = [
    `POST ${CHAT} HTTP/1.1`,
    'Host: x',
    `Authorization: Bearer ${gateway.key}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

test('framing 8: whoever sends a hundred requests ahead of the answers loses the connection', async () => {
  const { opened, open } = gate();
  upstream.respond(onceOpen(opened, json(200, chatAnswer('late'))));
  const socket = await gateway.raw();
  socket.on('error', () => {});
  socket.write(rawAsk().repeat(100));
  await once(socket, 'close');
  open();
  expect((await gateway.post(CHAT, ask('still there?'))).status).toBe(200);
});

test.each(['http://[canary-41', 'http://canary-41:bad/', 'https://[::1/canary-41', '*'])(
  'routing 14: the target %s is refused like any other, recorded, and quoted nowhere',
  async (target) => {
    const before = (await gateway.records()).filter(({ denial }) => denial === 'bad_request').length;
    const socket = await gateway.raw();
    socket.write(
      `GET ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${gateway.key}\r\nConnection: close\r\n\r\n`,
    );
    const text = (await socket.toArray()).join('');
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text).toMatch(/"code":"bad_request"/);
    await expect
      .poll(async () => (await gateway.records()).filter(({ denial }) => denial === 'bad_request').length)
      .toBe(before + 1);
    expect(gateway.stdout() + gateway.stderr()).not.toContain('canary-41');
  },
);

test('framing 8: what cannot be parsed ends the connection, also behind a request that is being answered', async () => {
  const { opened, open } = gate();
  upstream.respond(onceOpen(opened, json(200, chatAnswer('late'))));
  const before = upstream.requests.length;
  const socket = await gateway.raw();
  socket.write(rawAsk());
  await until(() => upstream.requests.length > before);
  socket.write('GARBAGE\0\r\n\r\n');
  const text = (await socket.toArray()).join('');
  open();
  expect(text).toMatch(/^HTTP\/1\.1 400 /);
  expect(text).toMatch(/\r\nconnection: close\r\n/i);
  expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
});

test('routing 16: CONNECT behind a request is not answered in its place', async () => {
  const { opened, open } = gate();
  upstream.respond(onceOpen(opened, json(200, chatAnswer('late'))));
  const before = upstream.requests.length;
  const socket = await gateway.raw();
  socket.on('error', () => {});
  socket.write(rawAsk());
  await until(() => upstream.requests.length > before);
  socket.write('CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n');
  const text = (await socket.toArray().catch(() => [])).join('');
  open();
  expect(text).not.toContain('405');
});

test('body 39: millions of empty values are refused before they cost anything', async () => {
  const answer = await gateway.post(
    CHAT,
    `{"model":"m","messages":[{"role":"user","content":[${'{},'.repeat(2_000_000)}{}]}]}`,
  );
  expect([answer.status, answer.json.error.code]).toEqual([400, 'invalid_json']);
});

test('guardrails 40: a text with a hundred thousand findings is refused and recorded, and the end is not held up', async () => {
  const answer = await gateway.post(CHAT, ask('a@b.example '.repeat(150_000)));
  expect([answer.status, answer.json.error.code]).toEqual([400, 'input_contains_pii']);
  const mine = async () =>
    (await gateway.records()).filter(({ requestId }) => requestId === answer.headers['x-request-id']);
  await until(async () => (await mine()).length > 0);
  expect((await mine())[0]?.['findings']).toHaveLength(100);
  expect(await gateway.stop()).toBe(0);
});
