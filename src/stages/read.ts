import type { PromptHasher } from '../audit/prompt-hash.ts';
import { Denial } from '../core/denial.ts';
import type { Metered, Read } from '../core/exchange.ts';
import { anyGlobMatches } from '../core/glob.ts';
import { headerValues } from '../core/headers.ts';
import type { Io, Stage } from '../core/pipeline.ts';
import { type BodyEndpoint, checkMediaType, modelOfTarget, readRequest, takesBody } from '../openai/request.ts';

/** The body, strictly: what is understood here is all that is ever sent on. */
export const read = (hasher: PromptHasher): Stage<Metered, Read> => ({
  name: 'read',
  run: async (x, io) => {
    const exchange = takesBody(x.endpoint)
      ? await withBody({ ...x, endpoint: x.endpoint }, io, hasher)
      : withoutBody(x);
    if (exchange.model !== null && !anyGlobMatches(x.key.models, exchange.model)) {
      throw new Denial('model_not_allowed', { param: 'model' });
    }
    return exchange;
  },
});

async function withBody(x: Metered & { endpoint: BodyEndpoint }, io: Io, hasher: PromptHasher): Promise<Read> {
  checkMediaType(single(x, 'content-type'), single(x, 'content-encoding'));
  const body = await io.readBody(x.key.limits.maxBodyBytes);
  const { fields, prompt, ...asked } = readRequest(x.endpoint, body, x.key.limits);
  return {
    ...x,
    ...asked,
    request: fields,
    promptHash: hasher.hash(prompt),
    promptHashKeyId: hasher.keyId,
  };
}

function withoutBody(x: Metered): Read {
  const hasBody =
    headerValues(x, 'transfer-encoding').length > 0 ||
    headerValues(x, 'content-length').some((length) => length !== '0');
  if (hasBody) throw new Denial('bad_request', { detail: 'This route takes no body.' });
  return {
    ...x,
    request: null,
    model: modelOfTarget(x.endpoint, x.target),
    choices: 0,
    mostOutputTokens: 0,
    stream: false,
    usageAsked: false,
    paddingAsked: false,
    promptHash: null,
    promptHashKeyId: null,
  };
}

function single(x: Metered, name: string): string | undefined {
  const values = headerValues(x, name);
  if (values.length > 1) throw new Denial('unsupported_media_type');
  return values[0];
}
