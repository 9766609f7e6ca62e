import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Denial } from '../../src/core/denial.ts';
import type { Finding } from '../../src/core/reply.ts';
import { type Actions, ALONE, guardFor } from '../../src/guard/guard.ts';
import type { AskedSidecars } from '../../src/stages/ask-sidecars.ts';
import { type Part, SidecarStream } from '../../src/stages/sidecar-stream.ts';
import { refusalOf } from '../support/refusal.ts';

/** One that knows Ada, and what it was asked. */
function knowsAda() {
  const asked: { channel: string; text: string }[] = [];
  const sidecars: AskedSidecars = {
    has: () => true,
    judge: async (_, texts) => {
      asked.push(...texts);
      const matches = texts.flatMap(({ text }, at) =>
        [...text.matchAll(/Ada/g)].map(({ index }) => ({
          text: at,
          rule: 'sidecar.names.person',
          kind: 'pii' as const,
          label: '[PERSON_REDACTED]',
          start: index,
          end: index + 3,
        })),
      );
      return { matches, failed: [] };
    },
  };
  return { asked, sidecars };
}

const streamOf = (sidecars: AskedSidecars, actions: Actions = { pii: 'redact' }) =>
  new SidecarStream(
    {
      guard: guardFor('output', actions),
      surroundings: ALONE,
      requestId: 'r',
      signal: new AbortController().signal,
    },
    sidecars,
  );

const chat = (content: string | null, index = 0): Part => ({ index, delta: { content } });
const contentOf = (part: Part): string => ('delta' in part ? (part.delta.content ?? '') : part.text);

/** What the parts of one text come to. */
async function all(parts: readonly Part[], { sidecars } = knowsAda(), actions?: Actions) {
  const stream = streamOf(sidecars, actions);
  let text = '';
  const findings: Finding[] = [];
  for (const [at, part] of parts.entries()) {
    const judged = await stream.take(part, at === parts.length - 1);
    text += contentOf(judged.part);
    findings.push(...judged.findings);
  }
  return { text, findings };
}

const SENTENCE = 'What Ada wrote of engines is still read, a hundred and eighty years after she wrote it.';
const TOLD = `${SENTENCE} ${SENTENCE}\n${SENTENCE} And 👋 Ada`;

describe('a text', () => {
  test('comes to the same however it is cut, and so do the places of what is in it', async () => {
    const { asked, sidecars } = knowsAda();
    const expected = await all([chat(TOLD)], { asked, sidecars });
    expect(expected.text).toBe(TOLD.replaceAll('Ada', '[PERSON_REDACTED]'));
    expect(expected.findings.map(({ span }) => TOLD.slice(...span!))).toEqual(['Ada', 'Ada', 'Ada', 'Ada']);
    expect(asked.map(({ text }) => text).join('')).toBe(TOLD);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 90 }), { maxLength: 30 }), async (sizes) => {
        const parts: Part[] = [];
        let rest = TOLD;
        for (const size of sizes) {
          parts.push(chat(rest.slice(0, size)));
          rest = rest.slice(size);
        }
        expect(await all([...parts, chat(rest)])).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  test('waits for the end of its sentence, and is not there while it waits', async () => {
    const { asked, sidecars } = knowsAda();
    const stream = streamOf(sidecars);
    for (const piece of [SENTENCE.slice(0, 50), SENTENCE.slice(50)]) {
      const { part } = await stream.take({ index: 0, delta: { role: 'assistant', content: piece } });
      expect(part).toEqual({ index: 0, delta: { role: 'assistant', content: null } });
    }
    expect(asked).toEqual([]);
    const { part } = await stream.take(chat(' Then'));
    expect(contentOf(part)).toBe(`${SENTENCE.replace('Ada', '[PERSON_REDACTED]')} `);
    expect(asked).toEqual([{ channel: 'choices.0.content', text: `${SENTENCE} `, start: 0 }]);
  });

  test('that came empty or null stays so', async () => {
    const { asked, sidecars } = knowsAda();
    const stream = streamOf(sidecars);
    for (const content of ['', null]) expect((await stream.take(chat(content))).part).toEqual(chat(content));
    const { part } = await stream.take({ index: 0, delta: {}, finish_reason: 'stop' });
    expect(part).toEqual({ index: 0, delta: { content: null }, finish_reason: 'stop' });
    expect(asked).toEqual([]);
  });

  test('of /v1/completions: text while there is some, no event while there is none', async () => {
    const stream = streamOf(knowsAda().sidecars);
    expect((await stream.take({ index: 0, text: 'I am ' })).part).toEqual({ index: 0, delta: {} });
    expect((await stream.take({ index: 0, text: 'Ada', finish_reason: 'stop' })).part).toEqual({
      index: 0,
      text: 'I am [PERSON_REDACTED]',
      finish_reason: 'stop',
    });
  });

  test('of one choice, or one field, is not mixed up with that of another', async () => {
    const stream = streamOf(knowsAda().sidecars);
    await stream.take(chat('first A'));
    await stream.take(chat('second A', 1));
    await stream.take({ index: 0, delta: { reasoning_content: 'A' } });
    const { part } = await stream.take({ index: 0, delta: { content: 'da' }, finish_reason: 'stop' });
    expect(part).toMatchObject({ delta: { content: 'first [PERSON_REDACTED]', reasoning_content: 'A' } });
    expect(contentOf((await stream.take(chat('da', 1), true)).part)).toBe('second [PERSON_REDACTED]');
  });

  test('gives no log-probabilities: they would come before it', async () => {
    const stream = streamOf(knowsAda().sidecars);
    const { part } = await stream.take({ ...chat('Ada'), logprobs: { content: [] } });
    expect(part).not.toHaveProperty('logprobs');
  });
});

test('tool calls wait for the end of their choice, and go on whole', async () => {
  const { asked, sidecars } = knowsAda();
  const stream = streamOf(sidecars);
  const call = (id: string | null, args: string): Part => ({
    index: 0,
    delta: { tool_calls: [{ index: 2, id, function: { name: id && 'send', arguments: args } }] },
  });
  expect((await stream.take(call('c1', '{"to":"'))).part).toEqual({ index: 0, delta: {} });
  await stream.take(call(null, String.raw`\u0041da"}`));
  expect(asked).toEqual([]);
  const { part, findings } = await stream.take({ index: 0, delta: {}, finish_reason: 'tool_calls' });
  expect(part).toMatchObject({
    delta: {
      tool_calls: [
        { index: 2, id: 'c1', type: 'function', function: { name: 'send', arguments: '{"to":"[PERSON_REDACTED]"}' } },
      ],
    },
  });
  expect(findings).toMatchObject([{ rule: 'sidecar.names.person', channel: 'choices.0.tool_calls.2.arguments.*' }]);
});

describe('what is done', () => {
  test('is what the policy says', async () => {
    expect(await all([chat('Ada')], knowsAda(), { pii: 'flag' })).toMatchObject({
      text: 'Ada',
      findings: [{ action: 'flag', direction: 'output', span: [0, 3] }],
    });
    expect(await all([chat('Ada')], knowsAda(), { secrets: 'block' })).toEqual({ text: 'Ada', findings: [] });
    const denial = await refusalOf(all([chat(`${SENTENCE} `), chat(SENTENCE)], knowsAda(), { pii: 'block' }));
    expect(denial).toMatchObject({ code: 'output_blocked', findings: [{ action: 'block', span: [5, 8] }] });
  });

  test('when one cannot be asked: nothing goes on, or it is told', async () => {
    const down = { has: () => true, judge: () => Promise.reject(new Denial('guard_unavailable')) };
    expect((await refusalOf(all([chat('Ada')], { asked: [], sidecars: down }))).code).toBe('guard_unavailable');
    const left = { has: () => true, judge: async () => ({ matches: [], failed: ['names'] }) };
    expect(await all([chat('Ada')], { asked: [], sidecars: left })).toMatchObject({
      text: 'Ada',
      findings: [{ rule: 'sidecar.names.unavailable', kind: 'guard', action: 'flag' }],
    });
  });
});
