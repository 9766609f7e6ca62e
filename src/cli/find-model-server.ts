/** Looks for a model server on this host, on the ports they use by default. */
import { request } from 'undici';
import type { UpstreamSettings } from '../config/schema.ts';
import { MODEL_NAME } from '../openai/endpoints.ts';

const PROBE_MS = 500;
const KNOWN = [
  { name: 'ollama', kind: 'ollama', url: 'http://127.0.0.1:11434' },
  { name: 'llama-cpp', kind: 'llama.cpp', url: 'http://127.0.0.1:8080' },
  { name: 'vllm', kind: 'vllm', url: 'http://127.0.0.1:8000' },
] as const;

/** The first that answers; null if none does. */
export async function findModelServer(): Promise<UpstreamSettings | null> {
  const found = await Promise.all(KNOWN.map(async (known) => ((await modelsOf(known.url)) ? known : null)));
  const [first] = found.filter((known) => known !== null);
  return first ? { ...first, models: ['*'], maxInFlight: 32 } : null;
}

/** The name of a model that the server has, for an example that works. */
export async function firstModel(url: string): Promise<string> {
  return (await modelsOf(url))?.find((id) => MODEL_NAME.test(id)) ?? 'default';
}

/** Ids of its models; null if nothing answers there as a model server does. */
async function modelsOf(url: string): Promise<string[] | null> {
  if (url.startsWith('unix:')) return null;
  try {
    const { statusCode, body } = await request(`${url}/v1/models`, { signal: AbortSignal.timeout(PROBE_MS) });
    const list = (await body.json()) as { data?: { id?: unknown }[] };
    if (statusCode !== 200 || !Array.isArray(list.data)) return null;
    return list.data.map(({ id }) => String(id));
  } catch {
    return null;
  }
}
