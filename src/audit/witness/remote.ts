/** A witness on the network (server.ts), as the gateway sees it. */
import { Agent, request } from 'undici';
import { isObject, type JsonObject } from '../../core/json.ts';
import { checkCosignature, WITNESSED_EVENT } from '../format/cosignature.ts';
import { readPublicKeys } from '../verify/public-keys.ts';
import type { Entry } from './entry.ts';
import { Contradicted, type Keeper, Unconfirmed } from './keeper.ts';
import { type TlsFiles, tlsConnector } from './remote-tls.ts';
import { REFUSALS } from './rule.ts';

/** More than any answer has. */
const MAX_ANSWER_BYTES = 8 * 1024;

export interface RemoteOptions extends TlsFiles {
  /** Base URL. */
  readonly url: string;
  /** The public key of the witness: what it has not signed does not count. */
  readonly publicKeyFile: string;
}

/** @throws Fault `public_key_unusable`, `witness_ca_unusable`, `witness_cert_unusable` */
export async function openRemote({ url, publicKeyFile, ...files }: RemoteOptions): Promise<Keeper> {
  const keys = await readPublicKeys(publicKeyFile);
  const agent = new Agent({ connections: 1, connect: await tlsConnector(files) });
  const target = new URL('v1/checkpoints', url.endsWith('/') ? url : `${url}/`);

  return {
    async confirm(checkpoint, signal) {
      const { statusCode, body } = await request(target, {
        dispatcher: agent,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: checkpoint.line,
        signal,
      });
      let text = '';
      for await (const chunk of body) {
        text += chunk;
        if (text.length > MAX_ANSWER_BYTES) throw new Unconfirmed('answer_too_long');
      }
      const answer = parse(text);
      if (statusCode === 200) return check(answer, checkpoint);
      const { code } = isObject(answer['error']) ? answer['error'] : {};
      const refusal = REFUSALS.find((one) => one === code);
      if (statusCode === 409 && refusal) throw new Contradicted(refusal);
      throw new Unconfirmed(`http_${statusCode}`);
    },
    close: () => agent.destroy(),
  };

  function check(answer: JsonObject, { origin, size, head }: Entry): void {
    const isThis =
      answer['event'] === WITNESSED_EVENT &&
      answer['origin'] === origin &&
      answer['size'] === size &&
      answer['head'] === head;
    if (!isThis) throw new Unconfirmed('not_the_checkpoint');
    if (checkCosignature(answer, keys) !== null) throw new Unconfirmed('bad_cosignature');
  }
}

function parse(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
