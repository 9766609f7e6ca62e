import { describe, expect, test } from 'vitest';
import { findEndpoint, modelInPath } from '../../src/openai/endpoints.ts';
import { refusal } from '../support/refusal.ts';

test.each([
  ['POST', '/v1/chat/completions', 'chat.completions'],
  ['POST', '/v1/completions', 'completions'],
  ['POST', '/v1/embeddings', 'embeddings'],
  ['GET', '/v1/models', 'models.list'],
  ['GET', '/v1/models/llama3.2:1b', 'models.get'],
  ['GET', '/v1/models/org%2Fmodel', 'models.get'],
])('%s %s is %s', (method, target, name) => {
  expect(findEndpoint(method, target)).toBe(name);
});

describe('routing 11–13, 20: what is not spelt exactly is not there', () => {
  test.each([
    '/',
    '/v1',
    '/v1/',
    '/v1/chat/completions/',
    '/v1/chat/completions?x=1',
    '/v1/chat/completions#x',
    '/v1/chat/completions;x',
    '/v1/chat/completions%00',
    '/v1/chat%2Fcompletions',
    '/v1//chat/completions',
    '//v1/chat/completions',
    '/v1/./chat/completions',
    '/v1/../api/pull',
    '/v1/%2e%2e/api/pull',
    '/v1/..%2fapi/pull',
    '/v1/models/..',
    '/v1/models/../../api/pull',
    '/v1/models/%2e%2e',
    '/v1/models/%2F',
    '/v1/models/org/model',
    '/v1/models/a%252Fb',
    '/v1/models/a%00',
    '/v1/models/%ff',
    '/v1/models/',
    '/V1/models',
    '/v1/Models',
    '/api/tags',
    '/api/pull',
    '/completion',
    '/infill',
    '/slots',
    '/props',
    '/metrics',
    '/invocations',
    '/debug/pprof',
  ])('%s', (target) => {
    expect(refusal(() => findEndpoint('GET', target)).code).toBe('unknown_route');
    expect(refusal(() => findEndpoint('POST', target)).code).toBe('unknown_route');
  });
});

describe('routing 15: methods', () => {
  test.each(['TRACE', 'PURGE', 'QUERY', 'PROPFIND', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'post', ''])(
    '%s',
    (method) => {
      expect(refusal(() => findEndpoint(method, '/v1/models')).code).toBe('method_not_allowed');
      expect(refusal(() => findEndpoint(method, '/nowhere')).code).toBe('method_not_allowed');
    },
  );
  test('the wrong one of two', () => {
    expect(refusal(() => findEndpoint('GET', '/v1/chat/completions')).code).toBe('method_not_allowed');
    expect(refusal(() => findEndpoint('POST', '/v1/models')).code).toBe('method_not_allowed');
    expect(refusal(() => findEndpoint('POST', '/v1/models/m')).code).toBe('method_not_allowed');
  });
});

test.each([
  ['/v1/models', 'GET'],
  ['/v1/models/m', 'GET'],
  ['/v1/embeddings', 'POST'],
  ['/nowhere', 'GET, POST'],
])('Allow at %s is %s', (target, methods) => {
  expect(refusal(() => findEndpoint('TRACE', target)).allow).toBe(methods);
});

test.each([
  ['/v1/models/a', 'a'],
  ['/v1/models/org%2Fmodel', 'org/model'],
  ['/v1/models/org%2fmodel', 'org/model'],
  ['/v1/models/a%3Ab', 'a:b'],
  ['/v1/models/%61', null],
  ['/v1/models', null],
])('the model in %s is %s', (target, model) => {
  expect(modelInPath(target)).toBe(model);
});
