/**
 * THE SECOND LIST: the path of every request to the administration listener. As in pipeline.ts the order is a security
 * property, and it compiles: see core/exchange.ts for what each stage adds, and test/types for the orders that do not.
 */
import type { Evidence } from '../audit/evidence.ts';
import type { Administered } from '../core/exchange.ts';
import { type Pipeline, pipeline } from '../core/pipeline.ts';
import type { IdentityRules } from '../identity/client.ts';
import type { Trust } from '../identity/trust.ts';
import { type Administration, administer } from './admin/administer.ts';
import { approve } from './admin/approve.ts';
import { enter } from './admin/enter.ts';
import { permit } from './admin/permit.ts';
import { type Recognition, recognise } from './admin/recognise.ts';
import { understand } from './admin/understand.ts';
import { type GateState, gate } from './gate.ts';
import { identify } from './identify.ts';

export interface AdminDependencies extends Administration, Pick<Recognition, 'issuer'> {
  readonly state: GateState;
  /** Those who may administrate: their CA, which can be another than that of inference. */
  readonly trust: () => Trust;
  readonly identityRules: IdentityRules;
  readonly audit: Pick<Evidence, 'admit'>;
}

export const adminPath = (d: AdminDependencies): Pipeline<Administered> =>
  pipeline()
    .through(gate(d.state)) //                        is the gateway open, and can the request be read in one way only?
    .through(identify(d.trust, d.identityRules)) //   certificate → client
    .through(recognise(d)) //                         API key or access token ↔ client
    .through(permit(d.upstreams)) //                  role, route, catalogue of the model server
    .through(understand()) //                         the body, and what it is about
    .through(approve(d)) //                           a second person, for what destroys
    .through(enter(d.audit)) //                       intent on disk
    .through(administer(d)); //                       done, or to be passed to the model server
