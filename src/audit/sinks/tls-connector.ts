import { buildConnector } from 'undici';

/** PEM: CAs of the other side, and what it is shown. */
export interface Pem {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/**
 * Connects by files that may be replaced while the gateway runs: they are read for each connection.
 * @param read  what it rejects with fails the connection
 */
export const freshConnector =
  (read: () => Promise<Pem>, options: buildConnector.BuildOptions = {}): buildConnector.connector =>
  (target, callback) => {
    read().then(
      (pem) => buildConnector({ ...options, ...pem })(target, callback),
      (error) => callback(error, null),
    );
  };
