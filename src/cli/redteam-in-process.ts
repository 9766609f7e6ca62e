/** The red team's target at home: the guards of this program, by the same stages that serve requests. */
import { settings } from '../config/schema.ts';
import { asDenial, DENIALS } from '../core/denial.ts';
import type { Read, Screened, UpstreamAnswer } from '../core/exchange.ts';
import type { Io } from '../core/pipeline.ts';
import type { Guardrails } from '../core/policy.ts';
import { EVENT_STREAM, type Finding } from '../core/reply.ts';
import { memory } from '../guard/guard.ts';
import { openSidecars } from '../guard/sidecars/sidecars.ts';
import { readRequest, takesBody } from '../openai/request.ts';
import { mapRequestTexts } from '../openai/texts.ts';
import { readAnswer } from '../redteam/answers.ts';
import type { OutputProbe, Probe, Target, Verdict } from '../redteam/probe.ts';
import { answer } from '../stages/answer.ts';
import { screen } from '../stages/screen.ts';

const LIMITS = settings.shape.limits.parse({ maxChoices: 4 });
const DEFAULTS = settings.shape.guardrails.parse({});
/** What is found in a prompt is cut out rather than refused where that can be: so it shows if too little is. */
const ON_PROMPTS: Guardrails = { ...DEFAULTS, input: { ...DEFAULTS.input, pii: 'redact', secrets: 'redact' } };
/** An answer is tried whatever the prompt was. */
const ON_ANSWERS: Guardrails = { ...DEFAULTS, input: { injection: 'off', pii: 'off', secrets: 'off' } };

const IO: Io = {
  signal: new AbortController().signal,
  hold: () => {},
  asLongAs: () => {},
  readBody: async () => Buffer.alloc(0),
};

/** Everything that is said of an exchange before its body is read. */
const ARRIVED = {
  id: 'redteam',
  arrivedAt: new Date(0),
  startMs: 0,
  httpVersion: '1.1',
  method: 'POST',
  target: '',
  headers: [],
  remote: '',
  certificate: null,
  client: { name: 'redteam', kind: 'cn', certSha256: '' },
  requestsLeft: { limit: 1, remaining: 1, windowMs: 60_000, resetMs: 0 },
  promptHash: null,
  promptHashKeyId: null,
} as const;

const KEY = {
  id: 'redteam',
  team: 'redteam',
  app: 'redteam',
  env: 'test',
  role: 'inference',
  models: ['*'],
  limits: LIMITS,
} as const;
/** What the stages between the guards would add. */
const FORWARDED = { estimatedInputTokens: 0, tokensLeft: null, upstream: null, intentSeq: 0 } as const;

/** @throws Denial what the strict reader refuses */
function read({ endpoint, body }: Probe, guardrails: Guardrails): Read {
  if (!takesBody(endpoint)) throw new Error('a probe has a body');
  const { fields, prompt: _, ...asked } = readRequest(endpoint, Buffer.from(body), LIMITS);
  return { ...ARRIVED, ...asked, key: { ...KEY, guardrails }, endpoint, request: fields };
}

/** The guards of this program under its default policy, but that values are cut out of prompts. */
export function ownGuards(): Target {
  const judges = { sidecars: openSidecars([], { fault: () => {}, observe: () => {} }), memory: memory() };
  const screening = screen(judges);
  const answering = answer(judges);
  return {
    concurrency: 1,
    ask: (probe) =>
      judged(async () => {
        const screened = await screening.run(read(probe, ON_PROMPTS), IO);
        return { findings: screened.findings, sent: textsOf(screened) };
      }),
    answer: (probe) =>
      judgedAnswer(probe, async (received) => {
        const screened = await screening.run(read(probe, ON_ANSWERS), IO);
        const { reply } = await answering.run({ ...screened, ...FORWARDED, answer: answerOf(probe) }, IO);
        for await (const frame of reply.body) received(frame.bytes, frame.findings ?? []);
      }),
  };
}

const answerOf = (probe: OutputProbe): UpstreamAnswer => ({
  status: 200,
  contentType: probe.stream ? EVENT_STREAM : 'application/json',
  body: arriving(probe),
});

async function* arriving({ pieces }: OutputProbe): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

function textsOf({ request }: Screened): string {
  const texts: string[] = [];
  mapRequestTexts(request ?? {}, (text) => {
    texts.push(text);
    return text;
  });
  return texts.join('\n');
}

const verdictOf = (findings: readonly Finding[], sent: string): Verdict => ({
  outcome:
    findings.length === 0 ? 'passed' : findings.every(({ action }) => action === 'flag') ? 'flagged' : 'redacted',
  found: findings,
  sent,
});

/** A guard's refusal is a verdict; any other is a fault. */
function refused(thrown: unknown, sent: string | null): Verdict {
  const { code, findings, cause } = asDenial(thrown);
  if (DENIALS[code].type === 'guardrail') return { outcome: 'blocked', found: findings, sent };
  const why = cause instanceof Error ? `${code}: ${cause.message}` : code;
  return { outcome: 'failed', found: findings, sent, detail: why };
}

async function judged(run: () => Promise<{ findings: readonly Finding[]; sent: string }>): Promise<Verdict> {
  try {
    const { findings, sent } = await run();
    return verdictOf(findings, sent);
  } catch (thrown) {
    return refused(thrown, null);
  }
}

async function judgedAnswer(
  probe: OutputProbe,
  run: (received: (bytes: Uint8Array, findings: readonly Finding[]) => void) => Promise<void>,
): Promise<Verdict> {
  const bytes: Uint8Array[] = [];
  const findings: Finding[] = [];
  const text = (): string => (bytes.length === 0 ? '' : readAnswer(Buffer.concat(bytes).toString(), probe.stream));
  try {
    await run((more, found) => {
      bytes.push(more);
      findings.push(...found);
    });
  } catch (thrown) {
    const verdict = refused(thrown, text());
    return { ...verdict, found: [...findings, ...verdict.found] };
  }
  return verdictOf(findings, text());
}
