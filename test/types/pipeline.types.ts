/**
 * Orders of stages that must not compile. `tsc` checks this file; an `@ts-expect-error` that is not needed is an error
 * too, so each line goes red as soon as its wrong order becomes possible.
 */
import type { Arrived, Authenticated, Identified, Read, Reserved, Screened } from '../../src/core/exchange.ts';
import { pipeline, type Stage } from '../../src/core/pipeline.ts';
import { admit } from '../../src/stages/admit.ts';
import { answer } from '../../src/stages/answer.ts';
import { authenticate } from '../../src/stages/authenticate.ts';
import { authorize } from '../../src/stages/authorize.ts';
import { forward } from '../../src/stages/forward.ts';
import { gate } from '../../src/stages/gate.ts';
import { identify } from '../../src/stages/identify.ts';
import { meter } from '../../src/stages/meter.ts';
import { type Dependencies, requestPath } from '../../src/stages/pipeline.ts';
import { read } from '../../src/stages/read.ts';
import { reserve } from '../../src/stages/reserve.ts';
import { screen } from '../../src/stages/screen.ts';

declare const d: Dependencies;

const identified = pipeline().through(gate(d.state)).through(identify(d.trust, d.identityRules));
const authenticated = identified.through(authenticate(d.keys, d.keyRules, d.defaults));
const metered = authenticated.through(authorize(d.lockdown)).through(meter(d.limiter));
const screened = metered.through(read(d.hasher)).through(screen(d.judges));
const admitted = screened.through(reserve(d)).through(admit(d.audit));
export const right = [admitted.through(forward(d.upstreams)).through(answer(d.judges)), requestPath(d)];

// @ts-expect-error a key needs a client to be bound to
pipeline().through(authenticate(d.keys, d.keyRules, d.defaults));
// @ts-expect-error a role needs a key
identified.through(authorize(d.lockdown));
// @ts-expect-error requests are counted for a key that may use the route
authenticated.through(meter(d.limiter));
// @ts-expect-error a body is read only for an authorized request
authenticated.through(read(d.hasher));
// @ts-expect-error there is nothing to screen before the body was read
metered.through(screen(d.judges));
// @ts-expect-error nothing is reserved for what was not screened
metered.through(read(d.hasher)).through(reserve(d));
// @ts-expect-error nothing is admitted that was not screened
metered.through(read(d.hasher)).through(admit(d.audit));
// @ts-expect-error nothing is admitted without a reservation
screened.through(admit(d.audit));
// @ts-expect-error nothing is forwarded before its intent is on disk
screened.through(reserve(d)).through(forward(d.upstreams));
// @ts-expect-error there is nothing to answer before it was forwarded
admitted.through(answer(d.judges));
// @ts-expect-error a stage may not stand twice: it would take rungs away
screened.through(identify(d.trust, d.identityRules));

declare const loses: Stage<Read, Screened>;
declare const finds: Stage<Arrived, Identified>;
// @ts-expect-error a stage that returns less than it was given
export const lossy: Stage<Reserved, Screened> = loses;
// @ts-expect-error `run` is a property: a stage that needs more is not one that needs less
export const bivariant: Stage<Arrived, Authenticated> = finds;
