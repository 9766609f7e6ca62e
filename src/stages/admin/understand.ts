import { type BodyOf, bodyOf, hasBody, MAX_BODY_BYTES, type OperationWithBody } from '../../admin/bodies.ts';
import { subjectOfBody, subjectOfTarget } from '../../admin/subject.ts';
import { Denial } from '../../core/denial.ts';
import type { Identified, Passage, Permitted, Understood } from '../../core/exchange.ts';
import { headerValues } from '../../core/headers.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { Io, Stage } from '../../core/pipeline.ts';
import { checkMediaType } from '../../openai/request.ts';
import { MAX_DEPTH, MAX_VALUES, parseStrictJson, shapeOf } from '../../openai/strict-json.ts';

/** All that is asked for; what still misses is whether a second person agrees. */
export type Read = Omit<Understood, 'approval'>;

/** A body that is passed on and read on the way, in bytes: a Modelfile with its template stays far below. */
const MAX_PASSED_BYTES = 1024 * 1024;

/** The body, as far as it is held: strictly for what the gateway does itself, byte for byte for what it passes on. */
export const understand = (): Stage<Permitted, Read> => ({
  name: 'understand',
  run: async (x, io) => ({ ...x, ...(x.passage ? await passed(x, x.passage, io) : await own(x, io)) }),
});

const MAX_SUBJECT = 256;

type Understanding = Pick<Read, 'payload' | 'fields' | 'subject'>;

async function own(x: Permitted, io: Io): Promise<Understanding> {
  const { name, parameters } = x.operation;
  const subject = parameters['id'] ?? sought(parameters);
  if (!hasBody(name)) {
    refuseBody(x);
    return { payload: null, fields: {}, subject };
  }
  const payload = await readJson(x, io, MAX_BODY_BYTES);
  const fields = bodyOf(name, payload ? parseStrictJson(payload) : {});
  return { payload, fields: fields as JsonObject, subject: subject ?? SUBJECTS[name](fields as never) };
}

/** What a query looks for, in its order and decoded; null where there is none. */
function sought(parameters: Readonly<Record<string, string>>): string | null {
  const text = Object.entries(parameters)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
  return text === '' ? null : text.slice(0, MAX_SUBJECT);
}

/** What an operation is about where its target does not say. */
const SUBJECTS: { readonly [Name in OperationWithBody]: (body: BodyOf<Name>) => string | null } = {
  'keys.issue': ({ team, app, env }) => `${team}/${app}/${env}`,
  'keys.rotate': () => null,
  'lockdown.set': ({ on }) => (on ? 'on' : 'off'),
};

async function passed(x: Permitted, passage: Passage, io: Io): Promise<Understanding> {
  const subject = subjectOfTarget(passage);
  if (passage.body === 'stream') return { payload: null, fields: {}, subject };
  if (passage.body === 'none') {
    refuseBody(x);
    return { payload: null, fields: {}, subject };
  }
  const payload = await readJson(x, io, MAX_PASSED_BYTES);
  return { payload, fields: {}, subject: (payload && subjectOfBody(parsePassed(payload))) ?? subject };
}

/** The body of a request that may go without one; null where it does. */
async function readJson(x: Permitted, io: Io, maxBytes: number): Promise<Buffer | null> {
  if (!carriesBody(x)) return null;
  checkMediaType(single(x, 'content-type'), single(x, 'content-encoding'));
  return io.readBody(maxBytes);
}

// `fatal`, `ignoreBOM`: what is no UTF-8, and a byte order mark, are refused, as in bodies of inference.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Any JSON: model servers take lists too. It goes on as it came, so this is only for the record. */
function parsePassed(payload: Buffer): Json {
  try {
    const text = utf8.decode(payload);
    const { depth, values } = shapeOf(text);
    if (depth <= MAX_DEPTH && values <= MAX_VALUES) return JSON.parse(text);
  } catch (cause) {
    throw new Denial('invalid_json', { cause });
  }
  throw new Denial('invalid_json', { detail: `It has more than ${MAX_DEPTH} levels or ${MAX_VALUES} values.` });
}

const carriesBody = (x: Identified): boolean =>
  headerValues(x, 'transfer-encoding').length > 0 ||
  headerValues(x, 'content-length').some((length) => !/^0+$/.test(length));

function refuseBody(x: Identified): void {
  if (carriesBody(x)) throw new Denial('bad_request', { detail: 'This route takes no body.' });
}

function single(x: Identified, name: string): string | undefined {
  const values = headerValues(x, name);
  if (values.length > 1) throw new Denial('unsupported_media_type');
  return values[0];
}
