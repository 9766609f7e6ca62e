/**
 * THE LIST: the path of every request. The order is a security property, and it compiles: see core/exchange.ts for what
 * each stage adds, and test/types for the orders that do not.
 */
import type { Evidence } from '../audit/evidence.ts';
import type { PromptHasher } from '../audit/prompt-hash.ts';
import type { SharedDocument } from '../core/document/document.ts';
import type { Answered } from '../core/exchange.ts';
import { type Pipeline, pipeline } from '../core/pipeline.ts';
import type { IdentityRules } from '../identity/client.ts';
import type { Trust } from '../identity/trust.ts';
import type { KeyRules, KeyTable } from '../keys/record.ts';
import type { RequestLimiter } from '../limits/requests.ts';
import type { Lockdown } from '../lockdown/lockdown.ts';
import { admit } from './admit.ts';
import { answer } from './answer.ts';
import { authenticate, type KeyDefaults } from './authenticate.ts';
import { authorize } from './authorize.ts';
import { forward } from './forward.ts';
import { type GateState, gate } from './gate.ts';
import { identify } from './identify.ts';
import type { Judges } from './judge.ts';
import { meter } from './meter.ts';
import { read } from './read.ts';
import { type Capacity, reserve } from './reserve.ts';
import { screen } from './screen.ts';

export interface Dependencies extends Capacity {
  readonly state: GateState;
  readonly trust: () => Trust;
  readonly identityRules: IdentityRules;
  readonly keys: Pick<SharedDocument<KeyTable>, 'current' | 'fresh'>;
  readonly keyRules: KeyRules;
  readonly defaults: KeyDefaults;
  readonly lockdown: () => Lockdown;
  readonly limiter: RequestLimiter;
  readonly hasher: PromptHasher;
  readonly judges: Judges;
  readonly audit: Pick<Evidence, 'admit'>;
}

export const requestPath = (d: Dependencies): Pipeline<Answered> =>
  pipeline()
    .through(gate(d.state)) //                        is the gateway open, and can the request be read in one way only?
    .through(identify(d.trust, d.identityRules)) //   certificate → client
    .through(authenticate(d.keys, d.keyRules, d.defaults)) // API key ↔ client
    .through(authorize(d.lockdown)) //                role, route, no lockdown
    .through(meter(d.limiter)) //                     requests a minute
    .through(read(d.hasher)) //                       strict JSON, known fields, allowed model
    .through(screen(d.judges)) //                     guards on every text that goes in
    .through(reserve(d)) //                           concurrency, tokens, a place on a model server
    .through(admit(d.audit)) //                       intent on disk
    .through(forward(d.upstreams)) //                 the model server
    .through(answer(d.judges)); //                    guards on every text that comes out
