import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { SteadyConnector } from '../../src/core/redis-connector.ts';

async function listening() {
  const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

test.each(['plain', 'TLS'])('a %s socket may have any number of errors, and the process goes on', async (kind) => {
  const target = await listening();
  const connector = new SteadyConnector(kind === 'TLS' ? { ...target, tls: true } : target);
  const socket = await connector.connect();
  onTestFinished(() => void socket.destroy());
  const first = new Error('certificate refused');
  // As ioredis itself listens.
  socket.once('error', () => {});
  for (const error of [first, new Error('alert'), new Error('reset')])
    expect(() => socket.emit('error', error)).not.toThrow();
  expect(connector.firstError).toBe(first);
});

test('no socket is made once it is closed', async () => {
  const connector = new SteadyConnector(await listening());
  const made = connector.connect();
  connector.disconnect();
  await expect(made).rejects.toThrow('closed before');
});
