import { Denial } from '../core/denial.ts';
import type { SharedDocument } from '../core/document/document.ts';
import type { Authenticated, Identified, Principal } from '../core/exchange.ts';
import type { Stage } from '../core/pipeline.ts';
import { type Guardrails, guardrailsOf, type Limits, type Profiles } from '../core/policy.ts';
import type { KeyRecord, KeyRules, KeyTable } from '../keys/record.ts';
import { verifiedKey } from './bearer.ts';

/** What a key is allowed where its own record does not say. */
export interface KeyDefaults {
  readonly limits: Limits;
  readonly guardrails: Guardrails;
  readonly profiles: Profiles;
}

/** The API key, and that it belongs to this client. Every way of being wrong gives the same answer. */
export const authenticate = (
  keys: Pick<SharedDocument<KeyTable>, 'current' | 'fresh'>,
  rules: KeyRules,
  defaults: KeyDefaults,
): Stage<Identified, Authenticated> => ({
  name: 'authenticate',
  run: async (x, io) => {
    const record = verifiedKey(x, io, keys, rules);
    return { ...x, key: principal(record, defaults) };
  },
});

function principal(record: KeyRecord, { limits, guardrails, profiles }: KeyDefaults): Principal {
  const { profile: name, ...own } = record.guardrails ?? {};
  const profile = name === undefined ? undefined : profiles[name];
  // Guards that nobody has described are no reason to run with fewer.
  if (name !== undefined && !profile)
    throw new Denial('internal_error', { cause: new Error(`key ${record.id} has a profile that is not configured`) });
  return {
    id: record.id,
    team: record.team,
    app: record.app,
    env: record.env,
    role: record.role,
    models: record.models,
    limits: { ...limits, ...record.limits },
    guardrails: guardrailsOf(guardrails, profile, own),
  };
}
