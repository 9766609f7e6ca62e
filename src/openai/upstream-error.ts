/** Errors of a model server, and what the client learns of them. */
import { z } from 'zod';
import { Denial } from '../core/denial.ts';
import { type JsonObject, jsonOrNull } from '../core/json.ts';

const shape = z.object({
  error: z.object({
    message: z.string(),
    type: z
      .string()
      .regex(/^\w{1,64}$/)
      .catch('invalid_request_error'),
    param: z
      .string()
      .regex(/^[\w.[\]-]{1,128}$/)
      .nullish()
      .catch(null),
    code: z
      .union([z.string().regex(/^\w{1,64}$/), z.int()])
      .nullish()
      .catch(null),
  }),
});

/** Statuses by which a model server says that the request asks for what it cannot do: the client can mend it, if it hears why. */
const CLIENT_FAULTS = new Set([400, 404, 413, 422, 501]);
/** Statuses by which it says that it cannot answer now: full, or still loading its model. */
const BUSY = new Set([429, 503]);

/**
 * What to answer for a status other than 200. The message of a client fault is passed on, because only the model
 * server knows it (a context that is too long, say); it is a text like any other, and the caller has to guard it.
 * @throws Denial `upstream_unavailable` when it is busy, `upstream_error` for everything else, redirects included
 */
export function readUpstreamError(status: number, json: string): { status: number; body: JsonObject; message: string } {
  if (BUSY.has(status)) throw new Denial('upstream_unavailable', { retryAfterMs: 1000 });
  const parsed = CLIENT_FAULTS.has(status) ? shape.safeParse(jsonOrNull(json)) : null;
  if (!parsed?.success) throw new Denial('upstream_error', { cause: new Error(`the model server answered ${status}`) });
  const { message, type, param, code } = parsed.data.error;
  return {
    status,
    message,
    body: { message, type, param: param ?? null, code: code === undefined || code === null ? null : String(code) },
  };
}
