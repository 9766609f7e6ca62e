/**
 * A model server on which every test has models of its own: what one test scripts, no other test and no health check
 * can use up.
 */
import { randomUUID } from 'node:crypto';
import { type Behaviour, json, type RecordedRequest, startUpstream, type Upstream } from './upstream.ts';

export interface Models {
  readonly url: string;
  /** The server underneath. */
  readonly upstream: Upstream;
  /** Makes up a model whose nth request is answered by the nth behaviour, and all further ones by the last; returns its name. */
  add(...behaviours: [Behaviour, ...Behaviour[]]): string;
  /** The requests that a model has been sent. */
  asked(model: string): readonly RecordedRequest[];
  /** Resolves once a model has been sent its nth request (from 1). */
  reached(model: string, n?: number): Promise<void>;
  /** Resolves once the gateway has left an exchange of a model before the model had answered it whole. */
  left(model: string): Promise<void>;
  close(): Promise<void>;
}

interface Model {
  readonly behaviours: readonly Behaviour[];
  readonly asked: RecordedRequest[];
  readonly left: PromiseWithResolvers<void>;
}

/** @param options.prefix what the names of its models begin with: tells upstreams apart in a configuration */
export async function startModels({ prefix = 'm', path }: { prefix?: string; path?: string } = {}): Promise<Models> {
  const models = new Map<string, Model>();
  let wake: () => void = () => {};
  const upstream = await startUpstream(
    async (wire, request) => {
      const model = models.get(request.json?.model);
      // The connection of a health check is not left in the pool, so that the tests know which connections are.
      if (!model) return json(200, { status: 'ok' }, { connection: 'close' })(wire, request);
      // Every exchange of a kept-alive connection waits for its end.
      wire.socket.setMaxListeners(0);
      wire.response.once('close', () => {
        if (!wire.response.writableEnded) model.left.resolve();
      });
      model.asked.push(request);
      wake();
      await model.behaviours[Math.min(model.asked.length, model.behaviours.length) - 1]!(wire, request);
    },
    path === undefined ? {} : { path },
  );
  return {
    url: upstream.url,
    upstream,
    add(...behaviours) {
      const name = `${prefix}-${randomUUID()}`;
      models.set(name, { behaviours, asked: [], left: Promise.withResolvers() });
      return name;
    },
    asked: (model) => models.get(model)!.asked,
    async reached(model, n = 1) {
      while (models.get(model)!.asked.length < n) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const before = wake;
        wake = () => {
          before();
          resolve();
        };
        await promise;
      }
    },
    left: (model) => models.get(model)!.left.promise,
    close: () => upstream.close(),
  };
}
