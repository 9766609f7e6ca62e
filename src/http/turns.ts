/** One exchange at a time on a connection: pipelined requests (RFC 9112 §9.3.2) wait for their turn. */
import type { Socket } from 'node:net';

/** Requests that may wait on one connection for the answers before them. */
const MOST_PIPELINED = 8;

/**
 * Makes the queue of each connection. Work begins when all that was handed over before it is done; beyond eight, the
 * connection is closed: clients do not pipeline, and whoever sends this much ahead of the answers wants the memory that
 * it takes.
 * @param fault is told of work that rejects; its connection is closed
 */
export function turns(fault: (error: unknown) => void): (socket: Socket, work: () => Promise<void>) => Promise<void> {
  const queues = new WeakMap<Socket, { last: Promise<void>; waiting: number }>();
  return (socket, work) => {
    const queue = queues.get(socket) ?? { last: Promise.resolve(), waiting: 0 };
    queues.set(socket, queue);
    if (++queue.waiting > MOST_PIPELINED) {
      socket.destroy();
      return Promise.resolve();
    }
    queue.last = queue.last
      .then(work)
      .catch((error) => {
        fault(error);
        socket.destroy();
      })
      .finally(() => {
        queue.waiting -= 1;
      });
    return queue.last;
  };
}
