/**
 * One writer for a directory. Two would fork the chain.
 *
 * The lock is a listening Unix socket in the directory: the kernel stops listening when the process dies, however it
 * dies, so no lock outlives its holder, and containers that share the volume see it too.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { Fault } from '../../core/fault.ts';
import { errnoOf } from '../../core/files.ts';

export interface DirLock {
  release(): Promise<void>;
}

const LOCK = '.lock-';
/** `sun_path` has 108 bytes on Linux and 104 elsewhere, the final NUL included (unix(7)). */
const MAX_SOCKET_PATH_BYTES = 103;

/**
 * Takes the lock of a directory.
 *
 * Who wants it first stands up under a name of its own, and only then looks round: of two that start together, the
 * later to look sees the other. A socket shows its lock name only once it listens, so one that refuses a connection is
 * the socket of a dead process, and as no name is used twice it can be removed without racing anyone.
 *
 * @throws Fault `audit_dir_in_use`, `audit_dir_path_too_long`, `audit_dir_unlockable`
 */
export async function lockDir(dir: string): Promise<DirLock> {
  const opened = await open(dir, 'r');
  const name = LOCK + randomBytes(6).toString('hex');
  const server = createServer((peer) => peer.destroy());
  const release = async () => {
    if (server.listening) await new Promise((done) => server.close(done));
    await rm(join(dir, name), { force: true });
    await opened.close();
  };
  try {
    await listen(server, socketPath(dir, opened, `.new-${name}`), dir);
    await rename(join(dir, `.new-${name}`), join(dir, name));
    for (const other of await readdir(dir)) {
      if (!other.startsWith(LOCK) || other === name) continue;
      if (await isListening(socketPath(dir, opened, other))) {
        throw new Fault(
          'audit_dir_in_use',
          `Another gateway is writing the audit log in ${dir}. Stop it first, or give this one a directory of its own (audit.dir).`,
        );
      }
      await rm(join(dir, other), { force: true });
    }
    return { release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** A path that fits into a socket address: where the name is too long, by way of the opened directory (proc(5)). */
function socketPath(dir: string, opened: FileHandle, name: string): string {
  const path = join(dir, name);
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return path;
  if (process.platform === 'linux') return `/proc/self/fd/${opened.fd}/${name}`;
  throw new Fault(
    'audit_dir_path_too_long',
    `The path of the audit directory is too long: ${dir}. Choose a shorter one.`,
  );
}

const listen = (server: Server, path: string, dir: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.on('error', (cause) => {
      const message = `The audit directory ${dir} cannot hold a lock (${errnoOf(cause)}). Put it on a local file system that knows Unix sockets, writable by this user.`;
      reject(new Fault('audit_dir_unlockable', message, { cause }));
    });
    server.listen(path, resolve);
    server.unref();
  });

const isListening = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    const answer = (alive: boolean) => {
      socket.destroy();
      resolve(alive);
    };
    socket.once('connect', () => answer(true));
    // Anything but a plain "nobody there" may be a living holder that is busy or out of reach.
    socket.once('error', (error) => answer(!['ECONNREFUSED', 'ENOENT'].includes(errnoOf(error) ?? '')));
  });
