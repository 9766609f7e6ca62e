import { afterAll, beforeAll } from 'vitest';
import { stopAll } from './gateway.ts';
import { startUpstream, type Upstream } from './upstream.ts';

/** One model server for all tests of a file. At the end the gateways go, and then it. */
export function sharedUpstream(): () => Upstream {
  let upstream: Upstream;
  beforeAll(async () => {
    upstream = await startUpstream();
  });
  afterAll(async () => {
    await stopAll();
    await upstream.close();
  });
  return () => upstream;
}
