import { Denial } from '../core/denial.ts';
import type { Arrived, Identified } from '../core/exchange.ts';
import type { Stage } from '../core/pipeline.ts';
import { clientIdentity, type IdentityRules } from '../identity/client.ts';
import type { Trust } from '../identity/trust.ts';

/** The certificate becomes a client. Validity and revocation are checked on every request, and as long as it runs. */
export const identify = (trust: () => Trust, rules: IdentityRules): Stage<Arrived, Identified> => ({
  name: 'identify',
  run: async (x, io) => {
    const look = () => clientIdentity(x.certificate, trust(), rules);
    const found = look();
    if (!found.ok) throw refusal(found);
    io.asLongAs(() => {
      const now = look();
      if (now.ok) return null;
      const since = now.reason === 'revoked' ? trust().changedAt : null;
      return { what: 'certificate', since, denial: refusal(now) };
    });
    return { ...x, client: found.client };
  },
});

// The reason is for the audit log: whoever holds a refused certificate learns nothing about the rest.
const refusal = ({ code, reason, name }: Extract<ReturnType<typeof clientIdentity>, { ok: false }>): Denial =>
  new Denial(code, { reason, client: name });
