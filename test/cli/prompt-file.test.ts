import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { promptsIn } from '../../src/cli/prompt-file.ts';
import { canonicalJson } from '../../src/core/json.ts';
import type { Limits } from '../../src/core/policy.ts';
import { type BodyEndpoint, readRequest } from '../../src/openai/request.ts';

const LIMITS: Limits = {
  requestsPerMinute: 1,
  tokensPerMinute: null,
  tokensPerDay: null,
  concurrent: 1,
  maxBodyBytes: 1_000_000,
  maxOutputTokens: 10,
  maxChoices: 100,
};
const text = fc.string({ unit: 'grapheme', minLength: 1 });

/** What a gateway would hash of a body, in canonical form. */
const hashed = (endpoint: BodyEndpoint, body: string) =>
  canonicalJson(readRequest(endpoint, Buffer.from(body), LIMITS).prompt);
const inFile = (content: string) => promptsIn(Buffer.from(content)).map(canonicalJson);

describe('what a gateway hashes is among the prompts of', () => {
  test.each([
    ['chat.completions', '{"model":"m","messages":[{"content":"\\u0068i","role":"user"}]}'],
    [
      'chat.completions',
      '{"messages":[{"role":"user","content":"one"}],"model":"m","messages":[{"role":"user","content":"two"}]}',
    ],
    ['chat.completions', '{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}\n'],
    ['completions', '{"model":"m","prompt":["a","b"]}'],
    ['completions', ' {"model":"m","prompt":"1\\n"}'],
    ['embeddings', '{"model":"m","input":["1.0",""]}'],
  ] as const)('the body of %s: %s', (endpoint, body) => {
    expect(inFile(body)).toContain(hashed(endpoint, body));
  });

  test('a text that was the only message, the prompt or the input', () => {
    fc.assert(
      fc.property(text, fc.constantFrom('', '\n', '\r\n'), (content, ending) => {
        const prompts = inFile(content + ending);
        const messages = [{ role: 'user', content }];
        expect(prompts).toContain(hashed('chat.completions', JSON.stringify({ model: 'm', messages })));
        expect(prompts).toContain(hashed('completions', JSON.stringify({ model: 'm', prompt: content })));
        expect(prompts).toContain(hashed('embeddings', JSON.stringify({ model: 'm', input: content })));
      }),
    );
  });

  test('the messages, or any prompt, as JSON', () => {
    const messages = fc.array(fc.record({ role: fc.constant('user'), content: text }), { minLength: 1 });
    fc.assert(
      fc.property(messages, fc.array(text, { minLength: 1, maxLength: 9 }), (messages, prompt) => {
        const body = JSON.stringify({ model: 'm', messages });
        expect(inFile(JSON.stringify(messages, null, 2))).toContain(hashed('chat.completions', body));
        expect(inFile(JSON.stringify(prompt))).toContain(hashed('completions', JSON.stringify({ model: 'm', prompt })));
      }),
    );
  });
});

test('a text ended by a newline is looked for with it too', () => {
  for (const file of ['a', 'a\n']) expect(inFile(file)).toEqual(expect.arrayContaining(['"a"', '"a\\n"']));
  expect(inFile('a\n\n')).not.toContain('"a"');
});

test('a text that only looks like JSON is a text', () => {
  expect(inFile('{not json}')).toEqual(expect.arrayContaining(['"{not json}"']));
  expect(inFile('"a","prompt":"b"')).not.toContain('"b"');
  expect(inFile('7')).toContain('"7"');
});

test('values that the gateway refuses are not prompts of it', () => {
  expect(inFile('{"messages":["\\ud800"]}')).toHaveLength(4);
  expect(inFile('['.repeat(100) + ']'.repeat(100))).toHaveLength(4);
});

test.each([
  ['empty', Buffer.alloc(0)],
  ['not UTF-8', Buffer.from([0x68, 0xff])],
])('a file that is %s is refused', (_what, file) => {
  expect(() => promptsIn(file)).toThrow(expect.objectContaining({ code: 'prompt_file_unusable' }));
});
