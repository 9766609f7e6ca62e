import type { RequestListener } from 'node:http';
import type { Request, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { Denial } from '../core/denial.ts';
import { fingerprint } from './arrive.ts';
import type { Serving } from './serve.ts';

const WINDOW_MS = 60_000;

/**
 * The handler of a listener: every request goes to the path, and a flood is refused before it. There is no
 * router in between, since it would read the target in its own way before anybody knows who is asking, and answer some
 * targets by itself.
 * @param perMinute requests that one client certificate may make in a minute, whatever keys it tries. Counted in this
 * process on purpose: it protects this process, and works when everything else is down.
 */
export function floodLimited({ handle }: Pick<Serving, 'handle'>, perMinute: number): RequestListener {
  const limit = rateLimit({
    windowMs: WINDOW_MS,
    limit: perMinute,
    keyGenerator: (req) => fingerprint(req.socket),
    // The path's own way of answering, so that a flood is recorded like every other refusal.
    handler: (req, res) => handle(req, res, new Denial('rate_limited', { retryAfterMs: WINDOW_MS })),
    standardHeaders: false,
    legacyHeaders: false,
    // Its checks are for limits by address behind proxies; they would print to the console.
    validate: false,
  });
  // It is written for Express, and asks nothing of a request that Node's own does not have.
  return (req, res) =>
    void limit(req as Request, res as Response, (fault?: unknown) => {
      // A limiter that fails refuses.
      void handle(req, res, fault ? new Denial('internal_error', { cause: fault }) : undefined);
    });
}
