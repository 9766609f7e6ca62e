/** A side-car that does what a test tells it to, over real HTTP. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { bind, shut } from '../../src/core/listening.ts';
import type { SidecarSettings } from '../../src/guard/sidecars/settings.ts';

/** What it was asked, parsed. */
// biome-ignore lint/suspicious/noExplicitAny: whatever came
export type Posted = any;

export interface TestSidecar {
  readonly url: string;
  readonly port: number;
  /** Everything it was asked, in order. */
  readonly asked: Posted[];
  /** Requests that were cut off before they were answered. */
  readonly left: () => number;
}

/** @param answer gets what was asked; what it returns is sent as JSON, unless it is undefined: then it answers itself */
export async function testSidecar(
  answer: (posted: Posted, response: ServerResponse) => unknown,
  { path = '/', socketPath }: { path?: string; socketPath?: string } = {},
): Promise<TestSidecar> {
  const asked: Posted[] = [];
  let left = 0;
  const server = createServer(async (request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) left += 1;
    });
    const body = await text(request).catch(() => null);
    if (body === null) return;
    const posted: Posted = JSON.parse(body);
    if (request.url !== path) {
      response.writeHead(404).end();
      return;
    }
    asked.push(posted);
    const value = await answer(posted, response);
    if (value !== undefined) response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
  });
  await bind(server, socketPath ? { path: socketPath } : { host: '127.0.0.1', port: 0 });
  onTestFinished(() => shut(server));
  const port = socketPath ? 0 : (server.address() as AddressInfo).port;
  return {
    url: socketPath ? `unix:${socketPath}:${path}` : `http://127.0.0.1:${port}${path}`,
    port,
    asked,
    left: () => left,
  };
}

/** Settings of a side-car, safe ones where nothing is said. */
export const sidecarSettings = (
  settings: Partial<SidecarSettings> & Pick<SidecarSettings, 'url'>,
): SidecarSettings => ({
  name: 'ner',
  kind: 'sallyport',
  caFile: null,
  on: ['input', 'output'],
  timeoutMs: 5000,
  whenItFails: 'block',
  threshold: 0.5,
  language: 'en',
  labels: {},
  maxChars: null,
  ...settings,
});
