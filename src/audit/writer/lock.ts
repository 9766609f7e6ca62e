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
/** Of a socket that may not listen yet. */
const NEW = '.new-';
/** `sun_path` has 108 bytes on Linux and 104 elsewhere, the final NUL included (unix(7)). */
const MAX_SOCKET_PATH_BYTES = 103;

/**
 * Takes the lock of a directory.
 *
 * Who wants it first stands up under a name of its own, and only then looks round: of two that start together, the
 * later to look sees the other. A socket shows its lock name only once it listens, so one that refuses a connection is
 * the socket of a dead process, and as no name is used twice it can be removed without racing anyone.
 *
 * One that has no lock name yet and refuses a connection is most likely dead, too. If it is not, but is about to listen,
 * removing it does no harm: it holds nothing yet, finds its name gone, and stands up again under another.
 *
 * @throws Fault `audit_dir_in_use`, `audit_dir_path_too_long`, `audit_dir_unlockable`
 */
export async function lockDir(dir: string): Promise<DirLock> {
  const opened = await open(dir, 'r');
  let standing: Standing | null = null;
  const release = async () => {
    await standing?.down();
    await opened.close();
  };
  try {
    while (standing === null) standing = await standUp(dir, opened);
    for (const other of await readdir(dir)) {
      const hasLock = other.startsWith(LOCK) && other !== standing.name;
      if (!hasLock && !other.startsWith(NEW + LOCK)) continue;
      if (!(await isListening(socketPath(dir, opened, other)))) {
        await rm(join(dir, other), { force: true });
      } else if (hasLock) {
        throw new Fault(
          'audit_dir_in_use',
          `Another gateway is writing the audit log in ${dir}. Stop it first, or give this one a directory of its own (audit.dir).`,
        );
      }
    }
    return { release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** A socket that listens under its lock name. */
interface Standing {
  readonly name: string;
  down(): Promise<void>;
}

/** @returns null if another process has taken the socket for a dead one: then nothing is left of it */
async function standUp(dir: string, opened: FileHandle): Promise<Standing | null> {
  const name = LOCK + randomBytes(6).toString('hex');
  const server = createServer((peer) => peer.destroy());
  const down = async () => {
    // Removes the socket, too, as long as it has its first name.
    if (server.listening) await new Promise((done) => server.close(done));
    await rm(join(dir, name), { force: true });
  };
  try {
    await listen(server, socketPath(dir, opened, NEW + name), dir);
    await rename(join(dir, NEW + name), join(dir, name));
    return { name, down };
  } catch (error) {
    await down();
    if (errnoOf(error) === 'ENOENT') return null;
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
