/** Before anything else: is this gateway open, and is this a request that can only be read in one way? */
import { Denial } from '../core/denial.ts';
import type { Arrived } from '../core/exchange.ts';
import { headerValues } from '../core/headers.ts';
import type { Stage } from '../core/pipeline.ts';

export interface GateState {
  /** Set once SIGTERM has come. */
  readonly draining: boolean;
}

export const gate = (state: GateState): Stage<Arrived, Arrived> => ({
  name: 'gate',
  run: async (x) => {
    if (state.draining) throw new Denial('draining', { retryAfterMs: 1000 });
    refuseAmbiguity(x);
    return x;
  },
});

/** `uri-host [ ":" port ]`, RFC 9110 §7.2: a name, an IPv4 address or an IPv6 literal. */
const HOST = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i;

/** What Node's parser lets pass although two readers could understand it differently. */
function refuseAmbiguity(x: Arrived): void {
  const refuse = (detail: string): never => {
    throw new Denial('bad_request', { detail });
  };
  if (x.httpVersion !== '1.1' && x.httpVersion !== '1.0') refuse('Speak HTTP/1.1.');
  // RFC 9112 §3.2: exactly one Host. It is checked, and then used for nothing: no URL and no policy is made from it.
  const [host, ...otherHosts] = headerValues(x, 'host');
  if (host === undefined || otherHosts.length > 0 || !HOST.test(host))
    refuse('Send exactly one Host header, host or host:port.');
  // RFC 9112 §6.1: chunked is the only coding there is, it stands once, and HTTP/1.0 does not know it.
  const codings = headerValues(x, 'transfer-encoding');
  if (codings.length > 1 || codings.some((coding) => coding.toLowerCase() !== 'chunked' || x.httpVersion === '1.0')) {
    refuse('The only transfer coding is chunked, in HTTP/1.1.');
  }
  // Two credentials: a proxy in front may have checked the other one.
  if (headerValues(x, 'authorization').length > 1) refuse('Send the Authorization header once.');
  if (headerValues(x, 'content-length').length > 1) refuse('Send the Content-Length header once.');
  // RFC 9112 §3.2.1: only the origin form is for servers that are no proxies.
  if (!x.target.startsWith('/')) refuse('The request target must be a path.');
  // RFC 9110 §7.8 lets a server ignore an upgrade; h2c is ignored, a tunnel is refused in so many words.
  if (headerValues(x, 'upgrade').some((value) => value.trim().toLowerCase() !== 'h2c')) {
    refuse('The gateway does not change protocols.');
  }
}
