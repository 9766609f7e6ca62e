/** The two listeners' certificates and whom they believe, kept in step with their files. */
import type { Config } from '../config/schema.ts';
import type { Fault } from '../core/fault.ts';
import type { Reloading } from '../core/reloading.ts';
import { type TlsPair, watchTlsPair } from '../core/tls-pair.ts';
import type { Credentials } from '../http/server.ts';
import { type Life, serverLife, trustLives } from '../identity/expiry.ts';
import { type Trust, watchTrust } from '../identity/trust.ts';

export type ListenerName = 'inference' | 'administration';

export interface Door {
  readonly trust: () => Trust;
  readonly credentials: () => Credentials;
}

export interface Doors extends Readonly<Record<ListenerName, Door>> {
  /** How long everything is good for that was read. */
  lives(): Life[];
  /** Calls back when new handshakes have to go by something else. */
  onCredentials(callback: () => void): void;
  /** Calls back when other CAs or revocation lists are in force, with the listener whose files they are. */
  onTrust(callback: (owner: ListenerName, before: Trust, after: Trust) => void): void;
  close(): void;
}

const PAIR = {
  cert: 'the server certificate (tls.certFile)',
  key: 'the key of the server certificate (tls.keyFile)',
  remedy: 'Run "sallyport pki init certs" for a development PKI, or correct the path.',
};

/**
 * Reads and follows the files of both listeners. Without files of its own administration believes whom inference believes.
 * @throws Fault as `watchTlsPair` and `watchTrust`
 */
export async function openDoors(
  { tls, admin }: Pick<Config, 'tls' | 'admin'>,
  fault: (part: 'tls' | 'trust', fault: Fault) => void,
): Promise<Doors> {
  const onCredentials: (() => void)[] = [];
  const onTrust: Parameters<Doors['onTrust']>[0][] = [];
  const renew = () => {
    for (const callback of onCredentials) callback();
  };
  const watch = (owner: ListenerName, files: Parameters<typeof watchTrust>[0]) =>
    watchTrust(files, {
      onAlarm: (error) => fault('trust', error),
      onChange(before, after) {
        renew();
        for (const callback of onTrust) callback(owner, before, after);
      },
    });

  await using opening = new AsyncDisposableStack();
  const pair = await watchTlsPair(tls.certFile, tls.keyFile, PAIR, {
    onAlarm: (error) => fault('tls', error),
    onChange: renew,
  });
  opening.defer(() => pair.close());
  const own = admin.enabled && admin.clientCaFile !== null ? admin.clientCaFile : null;
  const inference = await watch('inference', { clientCaFile: tls.clientCaFile, crlFile: tls.crlFile });
  opening.defer(() => inference.close());
  const administration =
    own === null
      ? inference
      : await watch('administration', { clientCaFile: own, crlFile: admin.crlFile, section: 'admin' });
  opening.defer(() => administration.close());

  const opened = opening.move();
  return {
    inference: door(pair, inference),
    administration: door(pair, administration),
    lives: () => [
      serverLife(pair.current().cert),
      ...trustLives(inference.current()),
      ...(own === null ? [] : trustLives(administration.current())),
    ],
    onCredentials: (callback) => void onCredentials.push(callback),
    onTrust: (callback) => void onTrust.push(callback),
    close: () => void opened.disposeAsync(),
  };
}

const door = (pair: Reloading<TlsPair>, trust: Reloading<Trust>): Door => ({
  trust: trust.current,
  credentials: () => ({ pair: pair.current(), anchorsPem: trust.current().anchorsPem }),
});
