import { copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { parseLine } from '../../../src/audit/format/chain.ts';
import { type Adapter, elastic, ndjson, splunk, webhook } from '../../../src/audit/sinks/adapters.ts';
import { type HttpOptions, openHttpSink } from '../../../src/audit/sinks/http.ts';
import { type AuditLine, Refused, RetryAfter, type Sink } from '../../../src/audit/sinks/sink.ts';
import * as x509 from '../../../src/identity/x509.ts';
import { type Fate, type HttpReceiver, httpReceiver } from '../../support/http-receiver.ts';
import { issue, issuerOf } from '../../support/leaf.ts';
import { chainOf, extend, tempDir, withLog } from '../helpers.ts';
import { delivering, logOnDisk, upTo } from './delivering.ts';

const never = new AbortController().signal;

function sinkTo({ url }: HttpReceiver, more: Partial<HttpOptions> = {}): Sink {
  const sink = openHttpSink({ url, authorization: null, caFile: null, adapter: ndjson, ...more });
  onTestFinished(() => sink.close());
  return sink;
}

const asLines = (texts: readonly string[]): AuditLine[] =>
  texts.map((text, i) => {
    const record = parseLine(Buffer.from(text));
    if (typeof record === 'string') throw new Error(record);
    return { seq: i + 1, text, record };
  });
const lines = (count: number) => asLines(chainOf(count));

/** What a send came to. */
const outcome = (sink: Sink, batch = lines(2), signal = never): Promise<unknown> =>
  sink.send(batch, signal).then(
    () => 'taken',
    (error) => error,
  );

describe('what is sent', () => {
  test('NDJSON: the lines as they stand in the log', async () => {
    const receiver = await httpReceiver();
    const batch = lines(3);
    await sinkTo({ ...receiver, url: `${receiver.url}/in?tenant=1` }, { authorization: 'Bearer s3cret' }).send(
      batch,
      never,
    );
    const [got] = receiver.taken;
    expect(got).toMatchObject({ method: 'POST', path: '/in?tenant=1' });
    expect(got!.headers).toMatchObject({
      authorization: 'Bearer s3cret',
      'content-type': 'application/x-ndjson',
      'user-agent': 'sallyport',
    });
    expect(got!.body).toBe(batch.map(({ text }) => `${text}\n`).join(''));
  });

  test('Splunk: an event object each, with the time of the record', async () => {
    const receiver = await httpReceiver();
    const batch = lines(2);
    await sinkTo(receiver, { adapter: splunk, authorization: 'Splunk 123' }).send(batch, never);
    const [got] = receiver.taken;
    expect(got!.headers).toMatchObject({ authorization: 'Splunk 123' });
    const events = got!.body.trimEnd().split('\n');
    expect(events.map((event) => JSON.parse(event))).toEqual(
      batch.map(({ record }) => ({
        time: Date.parse(record.timestamp) / 1000,
        host: 'gate-1',
        source: 'sallyport',
        sourcetype: '_json',
        event: record,
      })),
    );
    // Not in the notation of floating-point numbers, whatever the time.
    expect(events[0]).toMatch(/^\{"time":1700000000\.001,/);
  });

  test('Elastic: create, under an id that is the same when the record comes again, and in no other log', async () => {
    const receiver = await httpReceiver({ answer: () => ({ status: 200, body: '{"errors":false,"items":[]}' }) });
    const sink = sinkTo({ ...receiver, url: `${receiver.url}/_bulk?pipeline=p` }, { adapter: elastic('audit-"x"') });
    const batch = lines(2);
    const other = asLines(extend([], 2, () => ({ event: 'other' })));
    for (const one of [batch, batch, other]) await sink.send(one, never);
    const [first, again, else_] = receiver.taken.map(({ body }) =>
      body
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    );
    expect(receiver.taken[0]!.path).toBe('/_bulk?pipeline=p&filter_path=errors%2Citems.*.status');
    expect(first!.filter((_, i) => i % 2 === 1)).toEqual(
      batch.map(({ record }) => ({ '@timestamp': record.timestamp, ...record })),
    );
    expect(again).toEqual(first);
    const ids = [...first!, ...else_!].flatMap(({ create }) => create ?? []);
    expect(ids.map(({ _index }) => _index)).toEqual(Array(4).fill('audit-"x"'));
    expect(new Set(ids.map(({ _id }) => _id)).size).toBe(4);
    expect(ids[0]._id).toMatch(/^gate-1-1-[0-9a-f]{16}$/);
  });

  describe('webhook: one record, with a text for people', () => {
    const textOf = async (fields: Record<string, unknown>) => {
      const receiver = await httpReceiver();
      const [line] = asLines(extend([], 1, () => ({ event: 'alert.sink_gap', ...fields })));
      const sink = sinkTo(receiver, { adapter: webhook });
      expect(sink.maxBatch).toBe(1);
      await sink.send([line!], never);
      const { text, ...record } = JSON.parse(receiver.taken[0]!.body);
      expect(record).toEqual(line!.record);
      return text;
    };
    test.each([
      ['fields', { sink: 'siem', fromSeq: 3, toSeq: 4 }, 'alert.sink_gap on gate-1: sink=siem, fromSeq=3, toSeq=4'],
      ['no fields', {}, 'alert.sink_gap on gate-1'],
      [
        'nothing that does not apply, and no lists',
        { a: null, b: [1], c: { d: 1 }, e: true },
        'alert.sink_gap on gate-1: e=true',
      ],
      [
        'no links and mentions',
        { client: '<!channel> <https://example.org|R&D>' },
        'alert.sink_gap on gate-1: client=&lt;!channel&gt; &lt;https://\u200bexample.org|R&amp;D&gt;',
      ],
      [
        'no mentions, links and lines of Mattermost, Teams and others either',
        { client: '@channel [click](https://evil.example) www.evil.example\nALL CLEAR\u2028\u202eRAELC\u0000\\[x](y)' },
        'alert.sink_gap on gate-1: client=@\u200bchannel \\[click\\](https://\u200bevil.example) www.\u200bevil.example ALL CLEAR RAELC \\\\\\[x\\](y)',
      ],
      ['not what the model said', { redactedOutput: 'hello', promptHash: 'ab' }, 'alert.sink_gap on gate-1'],
    ])('%s', async (_what, fields, text) => {
      expect(await textOf(fields)).toBe(text);
    });
    test('not too long, and whole characters', async () => {
      const text = await textOf({ reason: '🔥'.repeat(2000) });
      expect(text.length).toBe(1000);
      expect(text.isWellFormed()).toBe(true);
    });
  });
});

describe('what the answer means', () => {
  const in90s = new Date(Date.now() + 90_500).toUTCString();
  test.each<[Fate, unknown]>([
    [{ status: 200 }, 'taken'],
    [{ status: 202, body: 'x'.repeat(10_000) }, 'taken'],
    [{ status: 204 }, 'taken'],
    [{ status: 301, headers: { location: '/elsewhere' } }, new Error('it answered 301')],
    [{ status: 307, headers: { location: '/elsewhere' } }, new Error('it answered 307')],
    [{ status: 400, body: 'it quotes what it was sent' }, new Refused('it answered 400')],
    [{ status: 413 }, new Refused('it answered 413')],
    [{ status: 422 }, new Refused('it answered 422')],
    [{ status: 401 }, new Error('it answered 401')],
    [{ status: 403 }, new Error('it answered 403')],
    [{ status: 404 }, new Error('it answered 404')],
    [{ status: 429 }, new Error('it answered 429')],
    [{ status: 429, headers: { 'retry-after': '7' } }, new RetryAfter('it answered 429', 7000)],
    [{ status: 503, headers: { 'retry-after': '0' } }, new RetryAfter('it answered 503', 0)],
    [
      { status: 503, headers: { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' } },
      new RetryAfter('it answered 503', 0),
    ],
    [{ status: 503, headers: { 'retry-after': 'soon' } }, new Error('it answered 503')],
    [{ status: 500 }, new Error('it answered 500')],
  ])('%j', async (fate, meaning) => {
    const receiver = await httpReceiver();
    receiver.script(fate);
    expect(await outcome(sinkTo(receiver))).toEqual(meaning);
  });

  test('retry-after may be a date', async () => {
    const receiver = await httpReceiver();
    receiver.script({ status: 503, headers: { 'retry-after': in90s } });
    const error = (await outcome(sinkTo(receiver))) as RetryAfter;
    expect(error.ms).toBeGreaterThan(60_000);
    expect(error.ms).toBeLessThanOrEqual(91_000);
  });

  test.each<Fate>(['cut', 'lose', 'half', { status: 200, body: 'x'.repeat(2_000_000) }])(
    '%j is a failure, and the next is taken',
    async (fate) => {
      const receiver = await httpReceiver();
      receiver.script(typeof fate === 'object' ? { ...fate } : fate);
      const sink = sinkTo(receiver);
      const error = await outcome(sink);
      expect(error).toBeInstanceOf(Error);
      expect(error).not.toBeInstanceOf(Refused);
      expect(String(error)).not.toContain('record 1');
      expect(await outcome(sink)).toBe('taken');
    },
  );

  test('a receiver that does not answer is given up, and can be left at any time', async () => {
    const receiver = await httpReceiver();
    receiver.script('stall', 'stall');
    expect(await outcome(sinkTo(receiver, { timeoutMs: 50 }))).toEqual(new Error('it did not answer within 50 ms'));
    const leaving = new AbortController();
    const sent = outcome(sinkTo(receiver), lines(1), leaving.signal);
    await vi.waitUntil(() => receiver.began === 2, { interval: 2 });
    leaving.abort(new Error('closing'));
    expect(await sent).toEqual(new Error('closing'));
  });
});

describe('the items of _bulk', () => {
  const bulk = (...statuses: number[]) =>
    JSON.stringify({ errors: true, items: statuses.map((status) => ({ create: { status } })) });
  test.each([
    ['{"errors":false}', 'taken'],
    [bulk(201, 201, 201), 'taken'],
    [bulk(201, 409, 200), 'taken'],
    [bulk(201, 400, 201), new Refused('it answered 400 for some of the records', [2])],
    [bulk(400, 409, 400), new Refused('it answered 400 for some of the records', [1, 3])],
    [bulk(201, 400, 429), new Error('it answered 429 for some of the records')],
    [bulk(503, 201, 201), new Error('it answered 503 for some of the records')],
    [bulk(404, 404, 404), new Error('it answered 404 for some of the records')],
    [bulk(201, 201), new Error('its answer to _bulk is not about each of the records')],
    ['{"errors":true}', new Error('its answer is not that of _bulk')],
    ['{"errors":true,"items":[null,null,null]}', new Error('its answer is not that of _bulk')],
    ['<html>', new Error('its answer is not that of _bulk')],
    ['', new Error('its answer is not that of _bulk')],
    ['null', new Error('its answer is not that of _bulk')],
  ])('%s', async (body, meaning) => {
    const receiver = await httpReceiver({ answer: () => ({ status: 200, body }) });
    const error = (await outcome(sinkTo(receiver, { adapter: elastic('audit') }), lines(3))) as Refused;
    expect(error).toEqual(meaning);
    expect(error.seqs).toEqual((meaning as Refused).seqs);
  });
});

describe('TLS', () => {
  const receiverFor = async (san: x509.JsonGeneralName[]) => {
    const { cert, key } = await issue(await issuerOf(inject('pki')), {
      san,
      purposes: [x509.ExtendedKeyUsage.serverAuth],
    });
    return httpReceiver({ tls: { cert, key } });
  };
  const localhost: x509.JsonGeneralName[] = [{ type: 'ip', value: '127.0.0.1' }];

  test('with a CA of its own, read when it connects', async () => {
    const receiver = await receiverFor(localhost);
    const caFile = join(await tempDir(), 'ca.pem');
    const sink = sinkTo(receiver, { caFile });
    expect(await outcome(sink)).toMatchObject({ code: 'sink_file_unreadable' });
    await writeFile(caFile, 'no certificate');
    expect(await outcome(sink)).toBeInstanceOf(Error);
    await copyFile(join(inject('pki'), 'internal-ca-cert.pem'), caFile);
    expect(await outcome(sink)).toBe('taken');
    expect(receiver.taken).toHaveLength(1);
  });

  test('not with the CAs of Node, and not for another name', async () => {
    expect(await outcome(sinkTo(await receiverFor(localhost)))).toMatchObject({
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    });
    const other = await receiverFor([{ type: 'dns', value: 'siem.example.org' }]);
    const caFile = join(inject('pki'), 'internal-ca-cert.pem');
    expect(await outcome(sinkTo(other, { caFile }))).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(other.taken).toEqual([]);
  });
});

/** What a receiver of that kind has, in the order in which it first came. */
const KINDS: [string, Adapter, (body: string) => { seq: number }[]][] = [
  [
    'http',
    ndjson,
    (body) =>
      body
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
  ],
  [
    'splunk',
    splunk,
    (body) =>
      body
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).event),
  ],
  ['webhook', webhook, (body) => [JSON.parse(body)]],
  [
    'elastic',
    elastic('i'),
    (body) =>
      body
        .trimEnd()
        .split('\n')
        .filter((_, i) => i % 2 === 1)
        .map((line) => JSON.parse(line)),
  ],
];
const ok = { answer: () => ({ status: 200, body: '{"errors":false}' }) };

describe.each(KINDS)('over %s everything arrives, in order, at least once', (_kind, adapter, recordsIn) => {
  const seqsAt = (receiver: HttpReceiver) => [
    ...new Set(receiver.taken.flatMap(({ body }) => recordsIn(body).map(({ seq }) => seq))),
  ];

  test('whatever happens to connections and answers', async () => {
    const fate = fc.constantFrom<Fate[]>(
      'cut',
      'lose',
      'half',
      { status: 429, headers: { 'retry-after': '3' } },
      { status: 500 },
      { status: 400 },
    );
    // Twice at most is a record refused: the third time would be for good.
    const scripts = fc
      .array(fate, { maxLength: 12 })
      .filter((all) => all.filter((one) => typeof one === 'object' && one.status === 400).length < 3);
    const receiver = await httpReceiver(ok);
    await fc.assert(
      fc.asyncProperty(scripts, fc.integer({ min: 1, max: 60 }), async (script, count) => {
        const log = await logOnDisk();
        const before = receiver.taken.length;
        receiver.script(...script);
        const { delivery, done, raised } = await delivering(
          log,
          openHttpSink({ url: receiver.url, authorization: null, caFile: null, adapter }),
        );
        for (let added = 0; added < count; added += 7)
          await log.add(Math.min(7, count - added), undefined, added % 2 === 1);
        await done();
        const now = { ...receiver, taken: receiver.taken.slice(before) };
        expect(seqsAt(now)).toEqual(upTo(count));
        expect(raised).toEqual([]);
        await delivery.close(0);
        await rm(log.dir, { recursive: true });
      }),
      { numRuns: 20 },
    );
  });

  test('when the receiver goes down in the middle, and comes back', async () => {
    const receiver = await httpReceiver(ok);
    const log = await logOnDisk();
    const { done, raised, rests } = await delivering(log, sinkTo(receiver, { adapter }));
    await log.add(20);
    await done();
    await receiver.stop();
    await log.add(600);
    await vi.waitUntil(() => rests.length > 5, { interval: 2 });
    await receiver.start();
    await log.add(20, undefined, true);
    await done();
    expect(seqsAt(receiver)).toEqual(upTo(640));
    expect(raised).toEqual([]);
  });
});

test('a log that is written to meanwhile is not held up by a receiver that stalls', async () => {
  const receiver = await httpReceiver();
  receiver.script('stall');
  const dir = await tempDir();
  await withLog(dir, {}, async (log) => {
    await log.append({ event: 'e', text: 'first' });
    const { delivery } = await delivering({ dir, progress: log.progress } as never, sinkTo(receiver));
    await vi.waitUntil(() => receiver.began === 1, { interval: 2 });
    for (let round = 0; round < 50; round++) await log.append({ event: 'e', round });
    expect(delivery.status()).toMatchObject({ delivered: 0, backlog: 51 });
    await delivery.close(0);
    const again = await delivering({ dir, progress: log.progress } as never, sinkTo(receiver));
    await again.done();
    expect(receiver.taken.flatMap(({ body }) => body.trimEnd().split('\n'))).toHaveLength(51);
    await again.delivery.close(0);
  });
});
