import { Denial } from '../core/denial.ts';
import type { Arrived, Identified } from '../core/exchange.ts';
import type { Stage } from '../core/pipeline.ts';
import { clientIdentity } from '../identity/client.ts';
import type { Trust } from '../identity/trust.ts';

/** The certificate becomes a client. Validity and revocation are checked on every request, not only in the handshake. */
export const identify = (trust: () => Trust): Stage<Arrived, Identified> => ({
  name: 'identify',
  run: async (x) => {
    const found = clientIdentity(x.certificate, trust());
    // The reason is for the audit log: whoever holds a refused certificate learns nothing about the rest.
    if (!found.ok) throw new Denial(found.code, { reason: found.reason });
    return { ...x, client: found.client };
  },
});
