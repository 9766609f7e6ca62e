import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { boundHandshakes } from '../../src/http/handshakes.ts';

const server = createServer();
const accepted: Socket[] = [];
beforeAll(async () => {
  boundHandshakes(server, 3);
  server.on('connection', (socket) => accepted.push(socket.on('error', () => {})));
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => {
  for (const socket of accepted) socket.destroy();
  server.close();
});

/** A peer that says nothing. */
async function stall(): Promise<{ socket: Socket; closed: Promise<unknown> }> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
  const count = accepted.length;
  await once(server, 'connection');
  expect(accepted).toHaveLength(count + 1);
  return { socket, closed: once(socket, 'close') };
}

test('the oldest handshake goes when there are too many, and none that is over', async () => {
  const [first, second] = [await stall(), await stall()];
  // As a TLS server tells that a handshake is over.
  server.emit('secureConnection', { _parent: accepted[0] });
  await stall();
  await stall();
  await stall();
  await second.closed;
  expect(accepted.map(({ destroyed }) => destroyed)).toEqual([false, true, false, false, false]);
  first.socket.destroy();
});
