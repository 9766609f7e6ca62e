/** The routes of the API. What is not in this table does not exist. */
import { Denial } from '../core/denial.ts';
import type { EndpointName } from '../core/exchange.ts';

/** The request field that carries the prompt, and that `promptHash` stands for. */
type PromptField = 'messages' | 'prompt' | 'input';

export interface Endpoint {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly prompt: PromptField | null;
}

export const ENDPOINTS: Readonly<Record<EndpointName, Endpoint>> = {
  'chat.completions': { method: 'POST', path: '/v1/chat/completions', prompt: 'messages' },
  completions: { method: 'POST', path: '/v1/completions', prompt: 'prompt' },
  embeddings: { method: 'POST', path: '/v1/embeddings', prompt: 'input' },
  'models.list': { method: 'GET', path: '/v1/models', prompt: null },
  'models.get': { method: 'GET', path: '/v1/models/', prompt: null },
};

/** What a model may be called: also keeps line breaks and quotes out of logs and URLs. */
export const MODEL_NAME = /^[a-zA-Z0-9][a-zA-Z0-9._:/+-]{0,255}$/;

const SERVED = 'The gateway serves /v1/chat/completions, /v1/completions, /v1/embeddings and /v1/models.';

/**
 * Finds the endpoint for a request target exactly as it came. Nothing is decoded, folded or normalised: a spelling
 * that a model server might read as another route (`//`, `/./`, `%2e`, `;x`, another case) is simply not in the table.
 * @throws Denial `unknown_route`, `method_not_allowed`
 */
export function findEndpoint(method: string, target: string): EndpointName {
  // TRACE, PURGE, PROPFIND and the like have no business here, whatever the route.
  if (method !== 'GET' && method !== 'POST') throw wrongMethod(target);
  const name = endpointAt(target);
  if (!name) throw new Denial('unknown_route', { detail: SERVED });
  if (ENDPOINTS[name].method !== method) throw wrongMethod(target);
  return name;
}

const wrongMethod = (target: string): Denial => new Denial('method_not_allowed', { allow: methodsOf(target) });

/** What may be done at a target. */
function methodsOf(target: string): string {
  const name = endpointAt(target);
  return name ? ENDPOINTS[name].method : 'GET, POST';
}

const endpointAt = (target: string): EndpointName | undefined =>
  modelInPath(target) === null ? byPath.get(target) : 'models.get';

const byPath = new Map(
  (Object.keys(ENDPOINTS) as EndpointName[])
    .filter((name) => name !== 'models.get')
    .map((name) => [ENDPOINTS[name].path, name]),
);

/** The model in `/v1/models/{model}`, percent-decoded once; null for any other target. */
export function modelInPath(target: string): string | null {
  const prefix = ENDPOINTS['models.get'].path;
  if (!target.startsWith(prefix)) return null;
  const encoded = target.slice(prefix.length);
  // Only the two spellings that clients use: as it is, or through encodeURIComponent.
  if (MODEL_NAME.test(encoded) && !encoded.includes('/')) return encoded;
  try {
    const name = decodeURIComponent(encoded);
    return MODEL_NAME.test(name) && encodeURIComponent(name).toLowerCase() === encoded.toLowerCase() ? name : null;
  } catch {
    return null;
  }
}
