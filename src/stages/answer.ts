import { Denial } from '../core/denial.ts';
import type { Answered, Forwarded } from '../core/exchange.ts';
import { anyGlobMatches } from '../core/glob.ts';
import type { Stage } from '../core/pipeline.ts';
import { EVENT_STREAM, jsonReply, type Reply } from '../core/reply.ts';
import { guardFor } from '../guard/guard.ts';
import { embeddingAnswer, parseAnswer } from '../openai/answer.ts';
import { modelList } from '../openai/models.ts';
import { readUpstreamError } from '../openai/upstream-error.ts';
import { usageOf } from '../openai/usage.ts';
import { readAll } from '../upstream/body.ts';
import { guardJson, type JsonRules } from './answer-json.ts';
import { guardStream } from './answer-stream.ts';
import { type Judges, judge, type Subject } from './judge.ts';
import type { OutputRules } from './output-rules.ts';
import { SidecarStream } from './sidecar-stream.ts';

/** The answer of the model server becomes a reply in which every text has passed the guards. */
export const answer = (judges: Judges): Stage<Forwarded, Answered> => ({
  name: 'answer',
  run: async (x, { signal }) => ({ ...x, reply: await replyTo(x, judges, signal) }),
});

async function replyTo(x: Forwarded, judges: Judges, signal: AbortSignal): Promise<Reply> {
  const { status, body } = x.answer;
  const guardrails = x.key.guardrails.output;
  const rules: OutputRules = {
    guard: guardFor('output', guardrails),
    surroundings: { pseudonyms: x.pseudonyms, guarded: x.guarded },
    maxChars: guardrails.maxChars,
    // The client gets the name it asked for: model servers answer with their own, llama.cpp with a path.
    model: x.model ?? '',
  };
  const about = { ...rules, requestId: x.id, signal };
  const judging = (subjects: readonly Subject[]) => judge(subjects, about, judges);
  if (status !== 200) return upstreamError(status, (await readAll(body)).toString(), judging);
  if (x.stream) {
    if (!x.answer.contentType.startsWith(EVENT_STREAM))
      throw new Denial('upstream_error', { detail: 'It did not send a stream.' });
    return {
      status: 200,
      // Proxies on the way must neither compress nor collect events.
      headers: { 'content-type': `${EVENT_STREAM}; charset=utf-8`, 'x-accel-buffering': 'no' },
      body: guardStream(body, {
        ...rules,
        legacy: x.endpoint === 'completions',
        usageAsked: x.usageAsked,
        choices: x.choices,
        sidecars: judges.sidecars.has('output') ? new SidecarStream(about, judges.sidecars) : null,
        padded: guardrails.padEvents || x.paddingAsked,
      }),
    };
  }
  const json = (await readAll(body)).toString();
  switch (x.endpoint) {
    case 'chat.completions':
    case 'completions':
      return guardJson(json, {
        ...rules,
        legacy: x.endpoint === 'completions',
        judge: judging,
      });
    case 'embeddings':
      return embeddings(json, rules.model);
    case 'models.list':
      return jsonReply(200, { object: 'list', data: allowedModels(x, json) });
    case 'models.get': {
      const [model] = allowedModels(x, json).filter(({ id }) => id === x.model);
      if (!model) throw new Denial('model_not_allowed', { param: 'model' });
      return jsonReply(200, model);
    }
  }
}

const allowedModels = (x: Forwarded, json: string) =>
  parseAnswer(modelList, json).data.filter(({ id }) => anyGlobMatches(x.key.models, id));

/** Vectors hold no text; of everything else only numbers are passed on. */
function embeddings(json: string, model: string): Reply {
  const { data, usage } = parseAnswer(embeddingAnswer, json);
  return jsonReply(
    200,
    { object: 'list', data, model, ...(usage ? { usage } : {}) },
    usage ? { usage: usageOf(usage) } : {},
  );
}

async function upstreamError(status: number, json: string, judging: JsonRules['judge']): Promise<Reply> {
  const error = readUpstreamError(status, json);
  const subject = { text: error.message, channel: 'error.message', origin: 'direct', unit: null } as const;
  const { textFor, blocked, findings } = await judging([subject]);
  if (blocked) throw new Denial('output_blocked', { findings });
  const message = textFor(subject.text, subject.channel);
  return jsonReply(error.status, { error: { ...error.body, message } }, { findings }, { 'x-should-retry': 'false' });
}
