/** Orders of the stages of administration that must not compile; see pipeline.types.ts. */
import { pipeline } from '../../src/core/pipeline.ts';
import { administer } from '../../src/stages/admin/administer.ts';
import { approve } from '../../src/stages/admin/approve.ts';
import { enter } from '../../src/stages/admin/enter.ts';
import { permit } from '../../src/stages/admin/permit.ts';
import { recognise } from '../../src/stages/admin/recognise.ts';
import { understand } from '../../src/stages/admin/understand.ts';
import { type AdminDependencies, adminPath } from '../../src/stages/admin-path.ts';
import { admit } from '../../src/stages/admit.ts';
import { authorize } from '../../src/stages/authorize.ts';
import { gate } from '../../src/stages/gate.ts';
import { identify } from '../../src/stages/identify.ts';
import type { Dependencies } from '../../src/stages/pipeline.ts';

declare const d: AdminDependencies;
declare const inference: Dependencies;

const identified = pipeline().through(gate(d.state)).through(identify(d.trust, d.identityRules));
const recognised = identified.through(recognise(d));
const permitted = recognised.through(permit(d.upstreams));
const understood = permitted.through(understand());
const approved = understood.through(approve(d));
export const right = [approved.through(enter(d.audit)).through(administer(d)), adminPath(d)];

// @ts-expect-error a key or token needs a client to be bound to
pipeline().through(recognise(d));
// @ts-expect-error a role needs an operator
identified.through(permit(d.upstreams));
// @ts-expect-error a body is read only for a permitted operation
recognised.through(understand());
// @ts-expect-error what has not been read cannot be approved: an approval is bound to the body
permitted.through(approve(d));
// @ts-expect-error nothing is entered before it is clear what it is about
permitted.through(enter(d.audit));
// @ts-expect-error nothing is entered that may still need a second person
understood.through(enter(d.audit));
// @ts-expect-error nothing is done before its intent is on disk
approved.through(administer(d));
// @ts-expect-error a stage may not stand twice: it would take rungs away
approved.through(recognise(d));
// @ts-expect-error an operator is nobody who may use inference
recognised.through(authorize(inference.lockdown));
// @ts-expect-error nor does what an operator asks for become an intent of inference
approved.through(admit(d.audit));
