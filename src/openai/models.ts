/** `GET /v1/models`: what each model server has, as far as the key may use it. */
import { z } from 'zod';
import { MODEL_NAME } from './endpoints.ts';

const model = z.object({
  id: z.string().regex(MODEL_NAME),
  object: z.literal('model').catch('model'),
  created: z.int().min(0).catch(0),
  owned_by: z
    .string()
    .regex(/^[\w .:/-]{1,64}$/)
    .catch('local'),
});
export type Model = z.infer<typeof model>;

/** The list as model servers send it. A model with a name that cannot be asked for is left out (llama.cpp without an alias shows a path). */
export const modelList = z.object({
  data: z.array(z.unknown()).transform((items) => items.flatMap((item) => model.safeParse(item).data ?? [])),
});

/** Lists put together, each model once, in alphabetical order. */
export function mergeModels(lists: readonly (readonly Model[])[]): Model[] {
  const byId = new Map(lists.flat().map((entry) => [entry.id, entry]));
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}
