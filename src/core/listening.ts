/** Opening and closing a listening server, which Node does by events. */
import type { Server as HttpServer } from 'node:http';
import type { ListenOptions, Server } from 'node:net';
import { Fault } from './fault.ts';

/** Rejects with the system's error if the address cannot be had. */
export const bind = (server: Server, options: ListenOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });

/**
 * Listens on an address from the configuration.
 * @param setting what to change when it cannot be had
 * @throws Fault `cannot_listen`
 */
export async function bindConfigured(
  server: Server,
  { host, port }: { host: string; port: number },
  setting: string,
): Promise<void> {
  try {
    await bind(server, { host, port });
  } catch (cause) {
    const { message } = cause as Error;
    throw new Fault(
      'cannot_listen',
      `Cannot listen on ${host}:${port}: ${message}. Free the port, or set ${setting}.`,
      { cause },
    );
  }
}

/** Stops listening, and ends every connection there is. */
export const shut = (server: Pick<HttpServer, 'close' | 'closeAllConnections'>): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
