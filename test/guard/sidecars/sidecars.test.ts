import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Denial } from '../../../src/core/denial.ts';
import { openSidecars, type SidecarSettings } from '../../../src/guard/sidecars/sidecars.ts';
import { ExtendedKeyUsage } from '../../../src/identity/x509.ts';
import { httpReceiver } from '../../support/http-receiver.ts';
import { issue } from '../../support/leaf.ts';
import { type Posted, sidecarSettings, testSidecar } from '../../support/sidecar.ts';

type Some = Partial<SidecarSettings> & Pick<SidecarSettings, 'url'>;

function opened(...settings: Some[]) {
  const faults: string[] = [];
  const outcomes: string[] = [];
  const sidecars = openSidecars(settings.map(sidecarSettings), {
    fault: (error) => faults.push(error.message),
    observe: (_name, outcome) => outcomes.push(outcome),
  });
  onTestFinished(() => sidecars.close());
  const judge = (texts: readonly string[], signal = new AbortController().signal) =>
    sidecars.judge(
      'input',
      texts.map((text, index) => ({ channel: `messages.${index}.content`, text })),
      { requestId: 'req_1', signal },
    );
  return { sidecars, judge, faults, outcomes };
}

/** Says where a word is, wherever it is. */
const finding =
  (word: string, about: object = {}) =>
  ({ texts }: Posted) => ({
    findings: texts.flatMap(({ text }: { text: string }, index: number) =>
      [...text.matchAll(RegExp(word, 'g'))].map((match) => ({
        text: index,
        rule: 'person',
        kind: 'pii',
        start: match.index,
        end: match.index + word.length,
        ...about,
      })),
    ),
  });

const denialOf = async (judged: Promise<unknown>): Promise<Denial> => {
  const thrown = await judged.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  );
  if (!(thrown instanceof Denial)) throw thrown;
  return thrown;
};

describe('what is asked and what comes of it', () => {
  test('several texts in one request, and matches in their places', async () => {
    const server = await testSidecar(finding('Ada'));
    const { judge, outcomes } = opened({ url: server.url });
    expect(await judge(['Ada and 😀 Ada', 'nobody', '', 'Ada'])).toEqual({
      matches: [
        [0, 0, 3],
        [0, 11, 14],
        [3, 0, 3],
      ].map(([text, start, end]) => ({
        text,
        rule: 'sidecar.ner.person',
        kind: 'pii',
        label: '[PERSON_REDACTED]',
        start,
        end,
      })),
      failed: [],
    });
    expect(server.asked).toEqual([
      {
        version: 1,
        requestId: 'req_1',
        direction: 'input',
        texts: [
          { channel: 'messages.0.content', text: 'Ada and 😀 Ada' },
          { channel: 'messages.1.content', text: 'nobody' },
          { channel: 'messages.3.content', text: 'Ada' },
        ],
      },
    ]);
    expect(outcomes).toEqual(['ok']);
  });

  test('nothing is asked about nothing', async () => {
    const server = await testSidecar(finding('Ada'));
    expect(await opened({ url: server.url }).judge(['', ' '])).toEqual({ matches: [], failed: [] });
    expect(server.asked).toEqual([]);
  });

  test('only those of the direction are asked', async () => {
    const server = await testSidecar(finding('Ada'));
    const { sidecars, judge } = opened({ url: server.url, on: ['output'] });
    expect([sidecars.has('input'), sidecars.has('output')]).toEqual([false, true]);
    expect((await judge(['Ada'])).matches).toEqual([]);
    expect(server.asked).toEqual([]);
  });

  test('a score below the threshold is no finding', async () => {
    const server = await testSidecar(({ texts: [{ text }] }) =>
      finding('Ada', { score: Number(text.slice(4)) })({ texts: [{ text }] }),
    );
    const { judge } = opened({ url: server.url, threshold: 0.7 });
    expect((await judge(['Ada 0.69'])).matches).toHaveLength(0);
    expect((await judge(['Ada 0.7'])).matches).toHaveLength(1);
  });

  test('a long text is sent in pieces, and a name across a cut is seen once and whole', async () => {
    const server = await testSidecar(finding('Ada Example'));
    const { judge } = opened({ url: server.url, maxChars: 1000 });
    const text = Array.from({ length: 500 }, (_, i) => (i % 7 === 0 ? 'Ada Example' : `word${i}`)).join(' ');
    const { matches } = await judge([text]);
    expect(matches.map(({ start }) => start)).toEqual([...text.matchAll(/Ada Example/g)].map(({ index }) => index));
    expect(new Set(matches.map(({ start, end }) => text.slice(start, end)))).toEqual(new Set(['Ada Example']));
    expect(server.asked.length).toBeGreaterThan(4);
  });

  test('one that says 413 is asked again with halves', async () => {
    const server = await testSidecar((posted, response) => {
      if (posted.texts.length === 1 && posted.texts[0].text.length <= 400) return finding('Ada')(posted);
      response.writeHead(413).end();
      return undefined;
    });
    const { judge, outcomes } = opened({ url: server.url });
    const text = `${'x '.repeat(600)}Ada${' x'.repeat(600)}`;
    expect((await judge([text, 'Ada'])).matches).toMatchObject([
      { text: 0, start: 1200, end: 1203 },
      { text: 1, start: 0, end: 3 },
    ]);
    expect(new Set(outcomes)).toEqual(new Set(['ok', 'too_long']));
  });

  test('one that says 413 to everything fails', async () => {
    const server = await testSidecar((_, response) => void response.writeHead(413).end());
    expect((await denialOf(opened({ url: server.url }).judge(['x '.repeat(2000)]))).reason).toBe('status');
    expect(server.asked.length).toBeLessThan(200);
  });

  test('half a surrogate pair in a text does no harm', async () => {
    const server = await testSidecar(finding('Ada'));
    expect((await opened({ url: server.url }).judge(['\ud83d Ada'])).matches).toMatchObject([{ start: 2, end: 5 }]);
    expect(server.asked[0].texts[0].text).toBe('\ufffd Ada');
  });

  test('rules are few and plain, whatever they are called', async () => {
    let calls = 0;
    const server = await testSidecar(({ texts }) => finding('Ada', { rule: `Rule № ${calls++}` })({ texts }));
    const { judge } = opened({ url: server.url });
    const seen = new Set<string>();
    for (let i = 0; i < 210; i++) seen.add((await judge(['Ada'])).matches[0]!.rule);
    expect([...seen].slice(0, 2)).toEqual(['sidecar.ner.rule_0', 'sidecar.ner.rule_1']);
    expect(seen.size).toBe(201);
    expect(seen).toContain('sidecar.ner.other');
  });

  test('over a unix socket', async () => {
    const socketPath = join(tmpdir(), `sidecar-${process.pid}.sock`);
    const server = await testSidecar(finding('Ada'), { path: '/judge', socketPath });
    expect((await opened({ url: server.url }).judge(['Ada'])).matches).toHaveLength(1);
  });

  test('all are asked at once, and no answer outweighs another', async () => {
    let asked = 0;
    const slow = async (name: string, word: string) => {
      const { url } = await testSidecar(async (posted) => {
        asked++;
        await expect.poll(() => asked).toBe(3);
        return finding(word)(posted);
      });
      return { url, name };
    };
    const { judge } = opened(await slow('a', 'Ada'), await slow('b', 'Bob'), await slow('c', 'Ada B'));
    const { matches } = await judge(['Ada Bob']);
    expect(matches).toMatchObject([{ rule: 'sidecar.c.person', start: 0, end: 7 }]);
  });
});

describe('what can go wrong is a refusal', () => {
  const answers = (text: string, headers = {}, status = 200) =>
    testSidecar((_, response) => void response.writeHead(status, headers).end(text));
  const wrong = (about: object) => testSidecar(finding('Ada', about));

  test.each<[what: string, server: () => Promise<{ url: string }>, reason: string]>([
    ['an error', () => answers('no', {}, 500), 'status'],
    ['an error with a long body', () => answers('no', { 'content-length': '1000000' }, 500), 'status'],
    ['an error with a body that does not end', () => answers('no', { 'content-length': '1000' }, 500), 'timeout'],
    ['a redirect', async () => answers('', { location: (await testSidecar(finding('Ada'))).url }, 307), 'status'],
    ['another 2xx', () => answers('', {}, 204), 'status'],
    ['no JSON', () => answers('<html>'), 'bad_answer'],
    ['an empty answer', () => answers(''), 'bad_answer'],
    ['half an answer', () => answers('{"findings":[', { 'content-length': '1000' }), 'timeout'],
    [
      'no UTF-8',
      () => testSidecar((_, response) => void response.end(Buffer.from('{"findings":[],"x":"\xff"}', 'latin1'))),
      'bad_answer',
    ],
    ['a number', () => testSidecar(() => 7), 'bad_answer'],
    ['null', () => testSidecar(() => null), 'bad_answer'],
    ['no list', () => testSidecar(() => ({ findings: {} })), 'bad_answer'],
    ['a finding that is none', () => testSidecar(() => ({ findings: [null] })), 'bad_answer'],
    ['a deeply nested answer', () => answers(`{"findings":${'['.repeat(1e5)}${']'.repeat(1e5)}}`), 'bad_answer'],
    ['an answer of 3 MB', () => answers(`{"findings":[],"x":"${'x'.repeat(3e6)}"}`), 'bad_answer'],
    ['an unknown kind', () => wrong({ kind: 'gossip' }), 'bad_answer'],
    ['a kind that is a property of objects', () => wrong({ kind: 'constructor' }), 'bad_answer'],
    ['no rule', () => wrong({ rule: 7 }), 'bad_answer'],
    ['a rule without letters', () => wrong({ rule: '***' }), 'bad_answer'],
    ['a text that was not sent', () => wrong({ text: 1 }), 'bad_answer'],
    ['a text that is no number', () => wrong({ text: 'length' }), 'bad_answer'],
    ['a text that is a numeral', () => wrong({ text: '0' }), 'bad_answer'],
    ['a place before the text', () => wrong({ start: -1 }), 'bad_answer'],
    ['a place after the text', () => wrong({ end: 7 }), 'bad_answer'],
    ['a place of no length', () => wrong({ start: 2, end: 2 }), 'bad_answer'],
    ['a place backwards', () => wrong({ start: 3, end: 2 }), 'bad_answer'],
    ['a place between two', () => wrong({ start: 0.5 }), 'bad_answer'],
    ['a place that is null', () => wrong({ start: null }), 'bad_answer'],
    ['the middle of a character', () => wrong({ end: 5 }), 'bad_answer'],
    ['a score that is a word', () => wrong({ score: 'high' }), 'bad_answer'],
    ['a score of 80', () => wrong({ score: 80 }), 'bad_answer'],
    ['silence', () => testSidecar(() => new Promise(() => {})), 'timeout'],
    ['a connection that is cut', () => testSidecar((_, response) => void response.destroy()), 'unreachable'],
    [
      'an answer that is cut',
      () =>
        testSidecar((_, response) => {
          response.writeHead(200, { 'content-length': 1000 }).write('{', () => response.destroy());
        }),
      'unreachable',
    ],
    ['nobody there', async () => ({ url: 'http://127.0.0.1:1/' }), 'unreachable'],
    ['no such socket', async () => ({ url: 'unix:/nonexistent/x.sock:/' }), 'unreachable'],
  ])('%s', async (_what, server, reason) => {
    const { url } = await server();
    // Short where it has to pass, long where it must not.
    const { judge, faults, outcomes } = opened({ url, timeoutMs: reason === 'timeout' ? 300 : 10_000 });
    const denial = await denialOf(judge(['Ada 😀']));
    expect([denial.code, denial.reason, denial.status]).toEqual(['guard_unavailable', reason, 503]);
    expect(faults).toHaveLength(1);
    expect(outcomes).toEqual([reason]);
  });

  test('a body that drips is over with the deadline', async () => {
    const server = await testSidecar((_, response) => {
      response.writeHead(200).write('{"findings":[');
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    });
    const began = performance.now();
    expect((await denialOf(opened({ url: server.url, timeoutMs: 300 }).judge(['Ada']))).reason).toBe('timeout');
    expect(performance.now() - began).toBeLessThan(5000);
  });

  test('no message quotes the answer, which may quote the prompt', async () => {
    const server = await answers('Ada Example lives here');
    const { judge, faults } = opened({ url: server.url });
    const denial = await denialOf(judge(['Ada Example']));
    for (let error: unknown = denial; error instanceof Error; error = error.cause) {
      expect(`${error.message} ${JSON.stringify(error)}`).not.toContain('Ada');
    }
    expect(faults).toEqual(['The side-car ner failed: its answer is no JSON.']);
  });

  test('an answer that is no HTTP is not quoted either', async () => {
    const server = await testSidecar((_, response) => void response.socket?.end('Ada Example\r\n\r\n'));
    const denial = await denialOf(opened({ url: server.url }).judge(['Ada Example']));
    expect(denial.reason).toBe('unreachable');
    expect(String((denial.cause as Error).message)).not.toContain('Ada');
    expect((denial.cause as Error).cause).toBeUndefined();
  });

  test('one that may fail is named, and the others count', async () => {
    const [good, bad] = [await testSidecar(finding('Ada')), await answers('', {}, 500)];
    const { judge, faults } = opened({ url: good.url }, { url: bad.url, name: 'other', whenItFails: 'flag' });
    for (let i = 0; i < 3; i++) {
      expect(await judge(['Ada'])).toMatchObject({ matches: [{ start: 0 }], failed: ['other'] });
    }
    expect(faults).toEqual(['The side-car other failed: it answered 500.']);
  });

  test('it is told again when it fails after it had answered', async () => {
    const replies = [500, 500, 200, 500];
    const server = await testSidecar((_, response) => {
      const status = replies.shift()!;
      response.writeHead(status).end('{"findings":[]}');
    });
    const { judge, faults } = opened({ url: server.url, whenItFails: 'flag' });
    for (let i = 0; i < 4; i++) await judge(['Ada']);
    expect(faults).toHaveLength(2);
  });

  test('when one has refused, the others are let go', async () => {
    const slow = await testSidecar(() => new Promise(() => {}));
    const bad = await testSidecar(async (_, response) => {
      await expect.poll(() => slow.asked.length).toBe(1);
      response.writeHead(500).end();
    });
    const { judge, outcomes } = opened({ url: slow.url, name: 'slow' }, { url: bad.url });
    await denialOf(judge(['Ada']));
    await expect.poll(slow.left).toBe(1);
    // What was let go has not failed.
    expect(outcomes).toEqual(['status']);
  });
});

/** A side-car behind TLS that finds nothing. */
async function secure(): Promise<{ url: string; caFile: string }> {
  const ca = await issue(null, { ca: true, purposes: [] });
  const { cert, key } = await issue(ca, {
    subject: [{ CN: ['sidecar'] }],
    san: [{ type: 'ip', value: '127.0.0.1' }],
    purposes: [ExtendedKeyUsage.serverAuth],
  });
  const dir = await mkdtemp(join(tmpdir(), 'sidecar-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  await writeFile(join(dir, 'ca.pem'), ca.cert);
  const { url } = await httpReceiver({ tls: { cert, key }, answer: () => ({ status: 200, body: '{"findings":[]}' }) });
  return { url, caFile: join(dir, 'ca.pem') };
}

describe('connections', () => {
  test('when the client leaves, so does the request to the side-car', async () => {
    const server = await testSidecar(() => new Promise(() => {}));
    const { judge, faults, outcomes } = opened({ url: server.url });
    const client = new AbortController();
    const judged = judge(['x '.repeat(200_000)], client.signal);
    await expect.poll(() => server.asked.length).toBe(4);
    const gone = new Error('the client is gone');
    client.abort(gone);
    await expect(judged).rejects.toBe(gone);
    await expect.poll(server.left).toBe(4);
    expect([faults, outcomes]).toEqual([[], []]);
  });

  test('a long text runs four requests at once, and all texts together eight', async () => {
    let [running, most] = [0, 0];
    const server = await testSidecar(async () => {
      most = Math.max(most, ++running);
      await pause(20);
      running--;
      return { findings: [] };
    });
    const { judge } = opened({ url: server.url, maxChars: 300 });
    const long = 'word '.repeat(1000);
    await judge([long]);
    expect(most).toBe(4);
    await Promise.all([judge([long]), judge([long]), judge([long])]);
    expect(most).toBe(8);
  });

  test('one that has closed the connection when the next request comes is asked again', async () => {
    const used = new WeakSet<object>();
    let closed = 0;
    const server = await testSidecar((posted, response) => {
      const { socket } = response;
      if (!socket || !used.has(socket)) {
        if (socket) used.add(socket);
        return finding('Ada')(posted);
      }
      closed++;
      socket.resetAndDestroy();
      return undefined;
    });
    const { judge } = opened({ url: server.url });
    for (let i = 0; i < 10; i++) expect((await judge(['Ada'])).matches).toHaveLength(1);
    expect(closed).toBeGreaterThan(0);
  });

  test('when one piece of a text has failed, the others are let go', async () => {
    const server = await testSidecar(async ({ texts }, response) => {
      if (!texts[0].text.startsWith('first')) return new Promise(() => {});
      await expect.poll(() => server.asked.length).toBe(4);
      return void response.writeHead(500).end();
    });
    const { judge, outcomes } = opened({ url: server.url, maxChars: 300 });
    expect((await denialOf(judge([`first ${'word '.repeat(1000)}`]))).reason).toBe('status');
    await expect.poll(server.left).toBe(3);
    expect(outcomes).toEqual(['status']);
    expect(server.asked).toHaveLength(4);
  });

  test('https with a CA of one’s own, and with no other', async () => {
    const { url, caFile } = await secure();
    expect((await opened({ url, caFile }).judge(['Ada'])).failed).toEqual([]);
    for (const wrong of [null, '/nonexistent/ca.pem']) {
      expect((await denialOf(opened({ url, caFile: wrong }).judge(['Ada']))).reason).toBe('unreachable');
    }
  });

  test('one that does not answer is soon left alone, and one client with a bad text does not cause that', async () => {
    const silent = await testSidecar(() => new Promise(() => {}));
    const { judge, outcomes, faults } = opened({ url: silent.url, timeoutMs: 200, whenItFails: 'flag' });
    for (let i = 0; i < 8; i++) expect((await judge(['Ada'])).failed).toEqual(['ner']);
    expect(outcomes).toEqual([...Array(5).fill('timeout'), ...Array(3).fill('suspended')]);
    expect(silent.asked).toHaveLength(5);
    expect(faults).toHaveLength(1);

    const failing = await testSidecar((_, response) => void response.writeHead(500).end());
    const other = opened({ url: failing.url, whenItFails: 'flag' });
    for (let i = 0; i < 8; i++) await other.judge(['Ada']);
    expect(failing.asked).toHaveLength(8);
  });

  test('twenty thousand findings are read in no time', async () => {
    const server = await testSidecar(finding('a'));
    const { judge } = opened({ url: server.url });
    const text = 'a '.repeat(20_000);
    await judge(['a']);
    const began = performance.now();
    expect((await judge([text])).matches).toHaveLength(20_000);
    expect(performance.now() - began).toBeLessThan(1500);
  });
});
