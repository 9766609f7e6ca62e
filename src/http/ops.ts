/** The operations listener: is it alive, may it be sent requests, and what it counts. Plain HTTP, for loopback or a pod. */
import { createServer, type Server } from 'node:http';
import express, { type Express } from 'express';
import type { Registry } from 'prom-client';
import { bindConfigured, shut } from '../core/listening.ts';

/** Each check by name: whether it is well. */
export type Readiness = () => Readonly<Record<string, boolean>>;

export function opsApp(readiness: Readiness, registry: Registry): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.get('/healthz', (_req, res) => void res.json({ alive: true }));
  app.get('/readyz', (_req, res) => {
    const checks = readiness();
    const ready = Object.values(checks).every(Boolean);
    res.status(ready ? 200 : 503).json({ ready, checks });
  });
  app.get('/metrics', async (_req, res) => {
    res.type(registry.contentType).send(await registry.metrics());
  });
  app.use((_req, res) => void res.status(404).json({ error: 'There are /healthz, /readyz and /metrics.' }));
  return app;
}

export interface OpsListener {
  readonly port: number;
  close(): Promise<void>;
}

/** @throws Fault `cannot_listen` */
export async function listenOps(app: Express, address: { host: string; port: number }): Promise<OpsListener> {
  const server: Server = createServer(app);
  await bindConfigured(server, address, 'ops.port');
  return {
    port: (server.address() as { port: number }).port,
    close: () => shut(server),
  };
}
