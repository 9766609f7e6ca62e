import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Asking, gateway, openBench } from './bench.ts';

let bench: Awaited<ReturnType<typeof openBench>>;
beforeAll(async () => {
  bench = await openBench();
});

const asked = async (asking: Omit<Asking, 'as'>, role: 'key-admin' | 'model-admin' = 'model-admin') => {
  const it = gateway(bench);
  const { key } = await it.keyOf(role);
  return { ...(await it.ask({ as: key, ...asking })), entered: it.entered };
};
const pull = { method: 'POST', target: '/admin/upstreams/local/api/pull' } as const;
const lockdown = { method: 'PUT', target: '/admin/lockdown' } as const;

describe('what is passed on', () => {
  test('is held byte for byte, and is on record by its hash and the names in it', async () => {
    const raw = '{ "model" : "llama3:8b",\n "stream":true, "stream":false }';
    const { status, x, entered } = await asked({ ...pull, raw });
    expect(status).toBe(0);
    expect(x.payload?.toString()).toBe(raw);
    expect(x.passage).toEqual({
      upstream: 'local',
      route: 'POST /api/pull',
      target: '/api/pull',
      body: 'json',
      destructive: false,
    });
    expect(entered[0]).toMatchObject({
      operation: 'upstream',
      upstream: 'local',
      route: 'POST /api/pull',
      subject: 'llama3:8b',
      bodySha256: createHash('sha256').update(raw).digest('hex'),
    });
    expect(x.reply).toBe(undefined);
  });

  test.each([
    ['half a document', '{"model":', 'invalid_json'],
    ['two documents', '{}{}', 'invalid_json'],
    ['a byte order mark', '\ufeff{}', 'invalid_json'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'invalid_json'],
    ['two hundred thousand levels', '['.repeat(200_000), 'invalid_json'],
    ['a megabyte of commas', `[${'1,'.repeat(300_000)}1]`, 'invalid_json'],
    ['more than a mebibyte', `"${'x'.repeat(1_048_576)}"`, 'body_too_large'],
    ['a list', '[{"id":0,"scale":0.5}]', null],
    ['a mebibyte', `"${'x'.repeat(1_048_574)}"`, null],
  ])('%s', async (_, raw, code) => {
    expect((await asked({ ...pull, raw })).code).toBe(code);
  });

  test.each([
    [{ 'content-type': 'text/plain' }, 'unsupported_media_type'],
    [{ 'content-type': 'multipart/form-data; boundary=x' }, 'unsupported_media_type'],
    [{ 'content-type': 'application/json; charset=utf-16' }, 'invalid_json'],
    [{ 'content-encoding': 'gzip' }, 'unsupported_media_type'],
  ])('%j is refused', async (headers, code) => {
    expect((await asked({ ...pull, body: { model: 'm' }, headers })).code).toBe(code);
  });

  test('may do without a body where the route has one', async () => {
    const { code, x, bodyRead } = await asked({ ...pull });
    expect([code, x.payload, x.subject, bodyRead]).toEqual([null, null, null, false]);
  });

  test('has no body where the route has none', async () => {
    const read = { target: '/admin/upstreams/local/api/tags' };
    expect((await asked({ ...read, body: {} })).code).toBe('bad_request');
    expect((await asked({ ...read, headers: { 'transfer-encoding': 'chunked' } })).code).toBe('bad_request');
    expect((await asked({ ...read, headers: { 'content-length': '0' } })).code).toBe(null);
  });

  test('is not held where it can be large, and the digest in the path says what it is', async () => {
    const digest = `sha256:${'ab'.repeat(32)}`;
    const { x, code, bodyRead } = await asked({
      method: 'POST',
      target: `/admin/upstreams/local/api/blobs/${digest}`,
      raw: 'weights',
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect([code, x.subject, x.payload, bodyRead]).toEqual([null, digest, null, false]);
  });
});

describe('what the gateway does itself', () => {
  test.each([
    [{ on: true, reason: 'incident' }, null, undefined],
    [{ on: 'true', reason: 'incident' }, 'invalid_parameter', 'on'],
    [{ on: true }, null, undefined],
    [{ on: true, reason: '' }, 'invalid_parameter', 'reason'],
    [{ on: true, reason: 'line\nbreak' }, 'invalid_parameter', 'reason'],
    [{ on: true, reason: 'x'.repeat(501) }, 'invalid_parameter', 'reason'],
    [{ on: true, reason: 'x', On: false }, 'unknown_parameter', 'On'],
  ])('%j: %s', async (body, code, param) => {
    const { denial } = await asked({ ...lockdown, body }, 'key-admin');
    expect([denial?.code ?? null, denial?.param]).toEqual([code, param]);
  });

  test.each([
    ['a reserved key', '{"__proto__":{"on":true},"on":true,"reason":"x"}', 'invalid_json'],
    ['half a surrogate pair', '{"on":true,"reason":"\\ud800"}', 'invalid_json'],
    ['more than 64 KiB', JSON.stringify({ on: true, reason: 'x'.repeat(65_536) }), 'body_too_large'],
    ['nothing', '', 'invalid_json'],
  ])('%s', async (_, raw, code) => {
    expect((await asked({ ...lockdown, raw, headers: { 'content-length': '70000' } }, 'key-admin')).code).toBe(code);
  });

  test('a refusal says nothing of what was sent', async () => {
    const { text } = await asked({ ...lockdown, body: { on: 'hunter2', reason: 'x' } }, 'key-admin');
    expect(text).not.toContain('hunter2');
  });

  test('takes no body where there is none', async () => {
    const revoke = { method: 'POST', target: '/admin/keys/0123456789/revoke' };
    expect((await asked({ ...revoke, body: {} }, 'key-admin')).code).toBe('bad_request');
  });
});
