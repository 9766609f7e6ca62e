import { chmod, lstat, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { Fault } from '../core/fault.ts';
import { errnoOf, PRIVATE_FILE } from '../core/files.ts';
import { bind } from '../core/listening.ts';

/** A TCP address (port 0 for any free one), or the path of a Unix socket whose directory exists. */
export type Listen = { readonly host: string; readonly port: number } | { readonly path: string };

/**
 * Binds the server, in place of a dead socket file if there is one.
 * @returns its URL: `http://host:port`, or `unix:` and the path
 * @throws Fault `rehearsal_cannot_listen`
 */
export async function listenOn(server: Server, listen: Listen): Promise<string> {
  try {
    if (!('path' in listen)) {
      await bind(server, listen);
      const { address, port } = server.address() as AddressInfo;
      return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
    }
    if (await isDeadSocket(listen.path)) await rm(listen.path);
    await bind(server, listen);
    await chmod(listen.path, PRIVATE_FILE);
    return `unix:${listen.path}`;
  } catch (cause) {
    const where = 'path' in listen ? listen.path : `${listen.host}:${listen.port}`;
    const advice =
      errnoOf(cause) === 'EADDRINUSE' ? 'Something else is there: stop it, or choose another address' : String(cause);
    throw new Fault('rehearsal_cannot_listen', `The rehearsal model cannot listen on ${where}. ${advice}.`, { cause });
  }
}

/** Whether a socket file was left behind by a process that is gone: a live one answers, anything else is not ours. */
async function isDeadSocket(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  if (!found?.isSocket()) return false;
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', (error) => resolve(errnoOf(error) === 'ECONNREFUSED'));
  });
}
