import { Registry } from 'prom-client';
import request from 'supertest';
import { describe, test } from 'vitest';
import { opsApp } from '../../src/http/ops.ts';

const app = (checks: Record<string, boolean>) => opsApp(() => checks, new Registry());

test('alive means that it answers, whatever is wrong', async () => {
  await request(app({ audit: false }))
    .get('/healthz')
    .expect(200, { alive: true });
});

describe('ready means that every check is well', () => {
  test.each([
    [{ audit: true, upstream: true }, 200],
    [{ audit: false, upstream: true }, 503],
    [{ audit: true, upstream: false }, 503],
  ])('%j is %i', async (checks, status) => {
    await request(app(checks))
      .get('/readyz')
      .expect(status, { ready: status === 200, checks });
  });
});

test('there is nothing else', async () => {
  await request(app({})).get('/v1/models').expect(404);
  await request(app({})).post('/healthz').expect(404);
});
