import type { Admitted, Forwarded, UpstreamAnswer } from '../core/exchange.ts';
import type { Io, Stage } from '../core/pipeline.ts';
import { parseAnswer } from '../openai/answer.ts';
import { ENDPOINTS } from '../openai/endpoints.ts';
import { mergeModels, modelList } from '../openai/models.ts';
import { readAll } from '../upstream/body.ts';
import type { Upstreams } from '../upstream/upstreams.ts';

/** To the model server: the request that was scanned, serialised anew, and not one header of the client's. */
export const forward = (upstreams: Upstreams): Stage<Admitted, Forwarded> => ({
  name: 'forward',
  run: async (x, io) => ({
    ...x,
    answer: x.upstream === null ? await askAllForModels(upstreams, io) : await ask(x, x.upstream, upstreams, io),
  }),
});

const ask = (x: Admitted, upstream: string, upstreams: Upstreams, { signal }: Io): Promise<UpstreamAnswer> =>
  upstreams.get(upstream).send({
    method: ENDPOINTS[x.endpoint].method,
    path: ENDPOINTS[x.endpoint].path,
    body: JSON.stringify(x.request),
    stream: x.stream,
    signal,
  });

/** The lists of all model servers as one; those that cannot be reached are left out, unless it is all of them. */
async function askAllForModels(upstreams: Upstreams, { signal }: Io): Promise<UpstreamAnswer> {
  const asked = await Promise.allSettled(
    upstreams.all.map(async (upstream) => {
      const answer = await upstream.send({
        method: 'GET',
        path: ENDPOINTS['models.list'].path,
        body: null,
        stream: false,
        signal,
      });
      const { data } = parseAnswer(modelList, (await readAll(answer.body)).toString());
      return data.filter((model) => upstream.serves(model.id));
    }),
  );
  const lists = asked.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = asked.find((result) => result.status === 'rejected');
  if (lists.length === 0 && failed) throw failed.reason;
  const data = mergeModels(lists);
  return { status: 200, contentType: 'application/json', body: once(JSON.stringify({ object: 'list', data })) };
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
