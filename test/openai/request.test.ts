import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { Limits } from '../../src/core/policy.ts';
import { checkMediaType, readRequest } from '../../src/openai/request.ts';
import { refusal } from '../support/refusal.ts';

const LIMITS: Limits = {
  requestsPerMinute: 1,
  tokensPerMinute: null,
  tokensPerDay: null,
  concurrent: 1,
  maxBodyBytes: 1,
  maxOutputTokens: 100,
  maxChoices: 2,
};
type Endpoint = Parameters<typeof readRequest>[0];
const read = (endpoint: Endpoint, body: unknown) => readRequest(endpoint, Buffer.from(JSON.stringify(body)), LIMITS);
const chat = (more: object = {}) => ({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...more });
const message = (content: unknown, more: object = {}) => ({
  model: 'm',
  messages: [{ role: 'user', content, ...more }],
});

describe('accepts what OpenAI clients send', () => {
  test.each<[string, Endpoint, object]>([
    ['a plain chat', 'chat.completions', chat()],
    [
      'every role',
      'chat.completions',
      {
        model: 'm',
        messages: [
          { role: 'system', content: 'a' },
          { role: 'developer', content: [{ type: 'text', text: 'b' }] },
          { role: 'user', content: 'c', name: 'ann' },
          {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
          { role: 'tool', tool_call_id: 'c1', content: 'd' },
          {
            role: 'assistant',
            content: 'e',
            refusal: null,
            annotations: [],
            audio: null,
            function_call: null,
            reasoning_content: 'f',
          },
        ],
      },
    ],
    [
      'sampling of llama.cpp and vLLM',
      'chat.completions',
      chat({ top_k: 40, min_p: 0.05, repeat_penalty: 1.1, mirostat: 2, seed: 7, dry_base: 1.7 }),
    ],
    [
      'tools',
      'chat.completions',
      chat({
        tools: [
          {
            type: 'function',
            function: {
              name: 'f',
              description: 'd',
              strict: true,
              parameters: { type: 'object', properties: { a: { enum: ['x', 1, null] } } },
            },
          },
        ],
        tool_choice: { type: 'function', function: { name: 'f' } },
        parallel_tool_calls: false,
      }),
    ],
    [
      'structured output',
      'chat.completions',
      chat({
        response_format: { type: 'json_schema', json_schema: { name: 's', schema: { type: 'object' }, strict: true } },
      }),
    ],
    ['fields set to null', 'chat.completions', chat({ stop: null, tools: null, n: null, user: null })],
    [
      'an image by value',
      'chat.completions',
      message([
        { type: 'text', text: 'what is it?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
      ]),
    ],
    ['prompts', 'completions', { model: 'm', prompt: ['a', 'b'], logprobs: 1 }],
    ['inputs', 'embeddings', { model: 'org/model:tag', input: ['a'], encoding_format: 'base64', dimensions: 8 }],
  ])('%s', (_what, endpoint, body) => {
    expect(read(endpoint, body).model).toMatch(/^(m|org\/model:tag)$/);
  });
});

describe('refuses', () => {
  test.each<[string, Endpoint, object, string, string | null]>([
    ['body 26: a key in another case', 'chat.completions', chat({ MESSAGES: [] }), 'unknown_parameter', 'MESSAGES'],
    [
      'body 26: the same, deeper',
      'chat.completions',
      message('hi', { Content: 'x' }),
      'unknown_parameter',
      'messages.0.Content',
    ],
    [
      'an unknown key in a content part',
      'chat.completions',
      message([{ type: 'text', text: 'a', cache_control: {} }]),
      'unknown_parameter',
      'messages.0.content.0.cache_control',
    ],
    [
      'an unknown key in a tool',
      'chat.completions',
      chat({ tools: [{ type: 'function', function: { name: 'f', code: 'x' } }] }),
      'unknown_parameter',
      'tools.0.function.code',
    ],
    [
      'guardrails 36: a prompt of token ids',
      'completions',
      { model: 'm', prompt: [1, 2, 3] },
      'invalid_parameter',
      'prompt.0',
    ],
    [
      'guardrails 36: prompts of token ids',
      'completions',
      { model: 'm', prompt: [[1, 2]] },
      'invalid_parameter',
      'prompt.0',
    ],
    ['guardrails 36: inputs of token ids', 'embeddings', { model: 'm', input: [1] }, 'invalid_parameter', 'input.0'],
    ...['prompt_embeds', 'suffix', 'echo', 'prompt_logprobs', 'logit_bias'].map(
      (field): [string, Endpoint, object, string, string] => [
        `guardrails 36: ${field}`,
        'completions',
        { model: 'm', prompt: 'p', [field]: {} },
        'unknown_parameter',
        field,
      ],
    ),
    ...[
      'chat_template',
      'chat_template_kwargs',
      'logit_bias',
      'grammar',
      'guided_regex',
      'structured_outputs',
      'keep_alive',
      'lora',
      'cache_prompt',
      'functions',
      'function_call',
      'web_search_options',
    ].map((field): [string, Endpoint, object, string, string] => [
      field,
      'chat.completions',
      chat({ [field]: 'x' }),
      'unknown_parameter',
      field,
    ]),
    [
      'guardrails 37: an image by URL',
      'chat.completions',
      message([{ type: 'image_url', image_url: { url: 'http://169.254.169.254/' } }]),
      'invalid_parameter',
      'messages.0.content.0.image_url.url',
    ],
    [
      'guardrails 37: an SVG, which may hold URLs',
      'chat.completions',
      message([{ type: 'image_url', image_url: { url: 'data:image/svg+xml;base64,AAAA' } }]),
      'invalid_parameter',
      'messages.0.content.0.image_url.url',
    ],
    [
      'guardrails 37: a video',
      'chat.completions',
      message([{ type: 'video_url', video_url: { url: 'data:video/mp4;base64,AAAA' } }]),
      'invalid_parameter',
      'messages.0.content.0.type',
    ],
    ['guardrails 39: n', 'chat.completions', chat({ n: 3 }), 'limit_exceeded_parameter', 'n'],
    [
      'guardrails 39: best_of',
      'completions',
      { model: 'm', prompt: 'p', best_of: 3 },
      'limit_exceeded_parameter',
      'best_of',
    ],
    [
      'guardrails 39: max_tokens',
      'chat.completions',
      chat({ max_tokens: 101 }),
      'limit_exceeded_parameter',
      'max_tokens',
    ],
    [
      'guardrails 39: max_completion_tokens',
      'chat.completions',
      chat({ max_completion_tokens: 101 }),
      'limit_exceeded_parameter',
      'max_completion_tokens',
    ],
    [
      'guardrails 39: max_tokens in the schema of a number',
      'chat.completions',
      chat({ max_tokens: '5' }),
      'invalid_parameter',
      'max_tokens',
    ],
    ['max_tokens below one', 'chat.completions', chat({ max_tokens: -1 }), 'invalid_parameter', 'max_tokens'],
    ['no messages', 'chat.completions', { model: 'm' }, 'invalid_parameter', 'messages'],
    ['no message', 'chat.completions', { model: 'm', messages: [] }, 'invalid_parameter', 'messages'],
    [
      'no role',
      'chat.completions',
      { model: 'm', messages: [{ content: 'a' }] },
      'invalid_parameter',
      'messages.0.role',
    ],
    [
      'an unknown role',
      'chat.completions',
      { model: 'm', messages: [{ role: 'root', content: 'a' }] },
      'invalid_parameter',
      'messages.0.role',
    ],
    ['no model', 'chat.completions', { messages: [{ role: 'user', content: 'a' }] }, 'invalid_parameter', 'model'],
    [
      'a model that is a path upwards',
      'chat.completions',
      { ...chat(), model: '../secret' },
      'invalid_parameter',
      'model',
    ],
    ['a model with a line break', 'chat.completions', { ...chat(), model: 'a\nb' }, 'invalid_parameter', 'model'],
    [
      'a temperature that is a string',
      'chat.completions',
      chat({ temperature: 'hot' }),
      'invalid_parameter',
      'temperature',
    ],
  ])('%s', (_what, endpoint, body, code, param) => {
    const denial = refusal(() => read(endpoint, body));
    expect({ code: denial.code, param: denial.param }).toEqual({ code, param });
  });

  test('and never repeats a value', () => {
    const denial = refusal(() => read('chat.completions', chat({ temperature: 'canary-value' })));
    expect(JSON.stringify(denial)).not.toContain('canary');
  });
});

describe('what is sent on', () => {
  test.each<[string, Endpoint, object, JsonObject]>([
    ['a length is always said', 'chat.completions', {}, { max_tokens: 100 }],
    [
      'the smaller of two lengths',
      'chat.completions',
      { max_tokens: 50, max_completion_tokens: 20 },
      { max_tokens: 20, max_completion_tokens: 20 },
    ],
    [
      'the newer name in the field that every server knows',
      'chat.completions',
      { max_completion_tokens: 20 },
      { max_tokens: 20, max_completion_tokens: 20 },
    ],
    [
      'usage of a stream, asked for',
      'chat.completions',
      { stream: true },
      { max_tokens: 100, stream: true, stream_options: { include_usage: true } },
    ],
    [
      'usage of a stream, refused',
      'chat.completions',
      { stream: true, stream_options: { include_usage: false } },
      { max_tokens: 100, stream: true, stream_options: { include_usage: true } },
    ],
    [
      'nothing that only the hosted API knows',
      'chat.completions',
      {
        user: 'u',
        metadata: { a: 'b' },
        store: true,
        service_tier: 'auto',
        safety_identifier: 's',
        prompt_cache_key: 'k',
      },
      { max_tokens: 100 },
    ],
    ['nothing that is null', 'chat.completions', { stop: null, tools: null }, { max_tokens: 100 }],
  ])('%s', (_what, endpoint, more, expected) => {
    const { model: _model, messages: _messages, ...rest } = read(endpoint, chat(more)).fields;
    expect(rest).toEqual(expected);
  });

  test('embeddings have no length', () => {
    expect(read('embeddings', { model: 'm', input: 'a' }).fields).toEqual({ model: 'm', input: 'a' });
  });

  test('body 25: of a key that stands twice, the one that was read', () => {
    const body = '{"model":"m","messages":[{"role":"user","content":"seen","content":"sent"}],"model":"other"}';
    const { fields, prompt } = readRequest('chat.completions', Buffer.from(body), LIMITS);
    expect(fields).toMatchObject({ model: 'other', messages: [{ role: 'user', content: 'sent' }] });
    expect(prompt).toEqual([{ role: 'user', content: 'sent' }]);
  });

  test.each([
    [{ stream: true, stream_options: { include_usage: true } }, true],
    [{ stream: true, stream_options: { include_usage: false } }, false],
    [{ stream: true, stream_options: {} }, false],
    [{ stream: true }, false],
  ])('remembers who asked for usage: %j', (more, asked) => {
    expect(read('chat.completions', chat(more)).usageAsked).toBe(asked);
  });
});

describe('guardrails 39: every prompt of a list has choices of its own', () => {
  test.each([
    [{ prompt: ['a', 'b'], n: 2 }, 'n'],
    [{ prompt: ['a', 'b'], best_of: 2 }, 'best_of'],
    [{ prompt: ['a', 'b', 'c'] }, 'prompt'],
  ])('%j', (more, param) => {
    const denial = refusal(() => read('completions', { model: 'm', ...more }));
    expect([denial.code, denial.param]).toEqual(['limit_exceeded_parameter', param]);
  });
  test('and tokens of its own', () => {
    const { choices, mostOutputTokens } = read('completions', { model: 'm', prompt: ['a', 'b'], max_tokens: 50 });
    expect({ choices, mostOutputTokens }).toEqual({ choices: 2, mostOutputTokens: 100 });
  });
});

describe('body 22, 23, 27: media types', () => {
  test.each<[string | undefined, string | undefined, string | null]>([
    ['application/json', undefined, null],
    ['Application/JSON; charset=UTF-8', undefined, null],
    ['application/json;charset="utf-8"', 'identity', null],
    [undefined, undefined, 'unsupported_media_type'],
    ['', undefined, 'unsupported_media_type'],
    ['text/plain', undefined, 'unsupported_media_type'],
    ['application/jsonp', undefined, 'unsupported_media_type'],
    ['application/x-www-form-urlencoded', undefined, 'unsupported_media_type'],
    ['multipart/form-data; boundary=x', undefined, 'unsupported_media_type'],
    ['application/json, text/plain', undefined, 'unsupported_media_type'],
    ['application/json', 'gzip', 'unsupported_media_type'],
    ['application/json', 'br', 'unsupported_media_type'],
    ['application/json', 'identity, gzip', 'unsupported_media_type'],
    ['application/json; charset=utf-16', undefined, 'invalid_json'],
    ['application/json; charset=iso-8859-1', undefined, 'invalid_json'],
  ])('%s, %s: %s', (type, encoding, code) => {
    if (code === null) checkMediaType(type, encoding);
    else expect(refusal(() => checkMediaType(type, encoding)).code).toBe(code);
  });
});
