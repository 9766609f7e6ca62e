/** The syslog sink against a receiver on loopback that drops, stalls, leaves and lies. */
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import type { AuditLine } from '../../../src/audit/sinks/sink.ts';
import { openSyslogSink, type SyslogOptions } from '../../../src/audit/sinks/syslog.ts';
import * as x509 from '../../../src/identity/x509.ts';
import { type Issuer, issue, issuerOf, type Shown } from '../../support/leaf.ts';
import { type Fate, type SyslogReceiver, serverOf, startSyslog } from '../../support/syslog.ts';
import { tempDir } from '../helpers.ts';
import { delivering, logOnDisk } from './delivering.ts';
import { linesOf, persist, withoutRepeats } from './lines.ts';

const pki = inject('pki');
const caFile = join(pki, 'internal-ca-cert.pem');
let ca: Issuer;
beforeAll(async () => {
  ca = await issuerOf(pki);
});

async function receiver(...args: Partial<Parameters<typeof startSyslog>>): Promise<SyslogReceiver> {
  const started = await startSyslog(args[0] ?? serverOf(pki), args[1]);
  onTestFinished(() => started.close().catch(() => {}));
  return started;
}

const sinkTo = (port: number, more: Partial<SyslogOptions> = {}) =>
  openSyslogSink({ host: 'localhost', port, caFile, certFile: null, keyFile: null, spacingMs: 0, ...more });

const never = () => new AbortController().signal;
const texts = (lines: readonly AuditLine[]) => lines.map(({ text }) => text);
const seqs = (texts: readonly string[]) => texts.map((text) => JSON.parse(text).seq);
const messages = (syslog: SyslogReceiver) => syslog.messages.map(({ message }) => message);

describe('what is sent', () => {
  test('is the line of the log, octet for octet, behind a header by RFC 5424', async () => {
    const syslog = await receiver();
    const lines = linesOf(2, () => ({ event: 'inference.completed', redactedOutput: 'Grüße\n☃ 𝄞' }));
    await sinkTo(syslog.port).send(lines, never());
    expect(syslog.faults).toEqual([]);
    expect(syslog.messages).toEqual(
      lines.map(({ text, record }) => ({
        priority: 110,
        timestamp: record.timestamp,
        hostname: 'gate-1',
        messageId: 'inference.completed',
        message: text,
      })),
    );
  });

  test.each([
    ['inference.admitted', 6],
    ['gateway.started', 6],
    ['inference.denied', 5],
    ['handshake.refused', 5],
    ['audit.summarized', 5],
    ['alert.orphan', 4],
    ['alert.sink_gap', 2],
    ['alert.witness_refused', 2],
  ])('%s has severity %i', async (event, severity) => {
    const syslog = await receiver();
    await sinkTo(syslog.port).send(
      linesOf(1, () => ({ event })),
      never(),
    );
    expect(syslog.messages[0]!.priority).toBe(13 * 8 + severity);
  });

  test('a header cannot be broken by what stands in it', async () => {
    const syslog = await receiver();
    const [line] = linesOf(1);
    const record = { ...line!.record, instance: 'gate 1\n<0>1', event: 'x'.repeat(40) };
    const nobody = { ...line!.record, instance: '' };
    await sinkTo(syslog.port).send(
      [
        { ...line!, record },
        { ...line!, record: nobody },
      ],
      never(),
    );
    expect(syslog.faults).toEqual([]);
    expect(syslog.messages.map(({ hostname }) => hostname)).toEqual(['gate_1_<0>1', '-']);
    expect(syslog.messages[0]!.messageId).toBe('x'.repeat(32));
  });

  test('a batch far beyond the buffers of both sides arrives', async () => {
    const syslog = await receiver();
    const lines = linesOf(40, () => ({ event: 'test.event', text: 'é'.repeat(250_000) }));
    await sinkTo(syslog.port).send(lines, never());
    expect(messages(syslog)).toEqual(texts(lines));
  });
});

describe('a batch is delivered only when the receiver has read it', () => {
  // More than what a receiver takes from its kernel at once: what it has taken and then forgets, nobody can see.
  const big = linesOf(300, (seq) => ({ event: 'test.event', text: `${seq} `.repeat(1000) }));
  test.each<[string, Fate, RegExp]>([
    ['refuses the connection', 'refuse', /ECONNRESET|disconnected|without close_notify/],
    ['resets it at once', { reset: 0 }, /ECONNRESET|EPIPE/],
    ['resets it in mid-frame', { reset: 20_001 }, /ECONNRESET|EPIPE/],
    ['leaves at once', { leave: 0 }, /ECONNRESET|EPIPE|without close_notify/],
    ['leaves in mid-frame', { leave: 20_001 }, /ECONNRESET|EPIPE|without close_notify/],
    ['reads nothing', 'stall', /no confirmation within 300 ms/],
    ['never closes', 'mute', /no confirmation within 300 ms/],
  ])('and one that %s has not', async (_what, fate, reason) => {
    const syslog = await receiver();
    const impatient = sinkTo(syslog.port, { timeoutMs: 300 });
    for (const lines of [big, linesOf(1)]) {
      if (typeof fate === 'object' && lines.length === 1) continue;
      syslog.fates = [fate];
      // The sink waits for a reset as long as the handshake took.
      if (typeof fate === 'object') syslog.slowMs = 100;
      const sink = fate === 'stall' || fate === 'mute' ? impatient : sinkTo(syslog.port);
      await expect(sink.send(lines, never())).rejects.toThrow(reason);
      await sinkTo(syslog.port).send(lines, never());
      expect(messages(syslog).slice(-lines.length)).toEqual(texts(lines));
    }
  });

  test('one that just closes is believed, until it has once answered as it should', async () => {
    const syslog = await receiver();
    const sink = sinkTo(syslog.port);
    syslog.fates = ['bare', 'bare', 'read', 'bare'];
    for (const lines of [big, linesOf(1), linesOf(2)]) {
      await sink.send(lines, never());
      expect(messages(syslog).slice(-lines.length)).toEqual(texts(lines));
    }
    await expect(sink.send(linesOf(1), never())).rejects.toThrow(/without close_notify/);
    // It stays so, whatever happens in between.
    syslog.fates = ['refuse', 'bare'];
    for (const _ of [1, 2]) await expect(sink.send(linesOf(1), never())).rejects.toThrow();
    await sink.send(linesOf(1), never());
  });

  test('and that is still known after a restart, of this receiver', async () => {
    const [syslog, other] = [await receiver(), await receiver()];
    const log = await logOnDisk();
    const run = async (port: number, forged: boolean) => {
      await log.add(1);
      const running = await delivering(log, sinkTo(port));
      if (forged) await vi.waitUntil(() => running.rests.length > 3, { interval: 2 });
      else {
        await running.done();
        expect(running.rests).toEqual([]);
      }
      await running.delivery.close(0);
      return running.delivery.status().backlog;
    };
    expect(await run(syslog.port, false)).toBe(0);
    // Whoever is on the way ends each connection before the receiver can answer.
    syslog.fates = Array(1000).fill('bare');
    expect(await run(syslog.port, true)).toBe(1);
    expect(await run(syslog.port, true)).toBe(2);
    syslog.fates = [];
    expect(await run(syslog.port, false)).toBe(0);
    // Another receiver under the same name of a sink begins anew.
    other.fates = Array(1000).fill('bare');
    expect(await run(other.port, false)).toBe(0);
  });

  test('nor has one whose goodbye is overtaken by the reset that shows it had not read', async () => {
    const syslog = await receiver();
    syslog.slowMs = 200;
    syslog.fates = [{ leave: 0, lingering: true }];
    await expect(sinkTo(syslog.port).send(big, never())).rejects.toThrow(/ECONNRESET|EPIPE/);
  });

  test('a receiver that is not there', async () => {
    const syslog = await receiver();
    await syslog.close();
    await expect(sinkTo(syslog.port).send(linesOf(1), never())).rejects.toThrow(
      new RegExp(`^Syslog receiver localhost:${syslog.port}: .*ECONNREFUSED`),
    );
  });

  test('the one who asked may give up', async () => {
    const syslog = await receiver();
    syslog.fates = ['stall'];
    const giving = new AbortController();
    const sending = sinkTo(syslog.port).send(linesOf(1), giving.signal);
    giving.abort(new Error('enough'));
    await expect(sending).rejects.toThrow('enough');
    await expect(sinkTo(syslog.port).send(linesOf(1), giving.signal)).rejects.toThrow('enough');
  });

  test('no fault says a word of the records', async () => {
    const syslog = await receiver();
    syslog.fates = ['refuse', { reset: 100 }, { reset: 0 }];
    const failures = await persist(
      sinkTo(syslog.port),
      linesOf(50, () => ({ event: 'test.event', text: 'canary' })),
    );
    expect(failures).toHaveLength(3);
    expect(failures.join()).not.toContain('canary');
  });
});

describe('who is on the other side', () => {
  const serverWith = (shape: Parameters<typeof issue>[1], issuer: Issuer | null = ca): Promise<Shown> =>
    issue(issuer, { purposes: [x509.ExtendedKeyUsage.serverAuth], ...shape });
  const dns = (value: string): x509.JsonGeneralName[] => [{ type: 'dns', value }];

  test.each<[string, () => Promise<Shown>, Partial<SyslogOptions>, RegExp]>([
    ['of another CA', async () => serverWith({ san: dns('localhost') }, null), {}, /self-signed|unable to verify/],
    ['for another name', async () => serverWith({ san: dns('elsewhere.example') }), {}, /altnames/],
    [
      'for a name, where an address was configured',
      async () => serverWith({ san: dns('localhost') }),
      { host: '127.0.0.1' },
      /altnames|not in the cert's list/,
    ],
    [
      'for clients',
      async () => serverWith({ san: dns('localhost'), purposes: [x509.ExtendedKeyUsage.clientAuth] }),
      {},
      /purpose/,
    ],
    [
      'that Node has never heard of',
      async () => serverWith({ san: dns('localhost') }),
      { caFile: null },
      /self-signed|unable to/,
    ],
  ])('a certificate %s gets nothing', async (_what, make, options, reason) => {
    const syslog = await receiver(await make());
    await expect(sinkTo(syslog.port, options).send(linesOf(1), never())).rejects.toThrow(reason);
    expect(syslog.messages).toEqual([]);
  });

  test('TLS 1.1 is refused, TLS 1.2 is not', async () => {
    const old = await receiver({
      ...serverOf(pki),
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL:@SECLEVEL=0',
    });
    await expect(sinkTo(old.port).send(linesOf(1), never())).rejects.toThrow(/version/i);
    const fair = await receiver({ ...serverOf(pki), maxVersion: 'TLSv1.2' });
    await sinkTo(fair.port).send(linesOf(1), never());
    expect(fair.messages).toHaveLength(1);
  });

  test('a certificate is shown where one is asked for, and a new one in its file takes effect', async () => {
    const dir = await tempDir();
    const [certFile, keyFile] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
    const put = async ({ cert, key }: Shown) => {
      await writeFile(certFile, cert);
      await writeFile(keyFile, key);
    };
    const syslog = await receiver({ ...serverOf(pki), ca: x509Pem(ca), requestCert: true, rejectUnauthorized: true });
    const sink = sinkTo(syslog.port, { certFile, keyFile });
    await put(await issue(null));
    // With TLS 1.3 the handshake has ended on this side before the receiver refuses.
    await expect(sink.send(linesOf(1), never())).rejects.toThrow(/alert|ECONNRESET|EPIPE|close_notify/);
    expect(syslog.messages).toEqual([]);
    await put(await issue(ca));
    await sink.send(linesOf(1), never());
    expect(syslog.messages).toHaveLength(1);
  });

  test.each<[string, string | null, RegExp]>([
    ['missing', null, /it does not exist/],
    ['not PEM', 'no certificate', /Use PEM/],
  ])('a file that is %s is a fault that names it, and passes when it is there', async (_what, content, reason) => {
    const dir = await tempDir();
    const file = join(dir, 'ca.pem');
    if (content !== null) await writeFile(file, content);
    const syslog = await receiver();
    const sink = sinkTo(syslog.port, { caFile: file });
    await expect(sink.send(linesOf(1), never())).rejects.toMatchObject({
      code: 'sink_file_unreadable',
      message: expect.stringMatching(new RegExp(`${file}.*${reason.source}`)),
    });
    expect(syslog.connections()).toBe(0);
    await writeFile(join(dir, 'new'), x509Pem(ca));
    await rename(join(dir, 'new'), file);
    await sink.send(linesOf(1), never());
    expect(syslog.messages).toHaveLength(1);
  });
});

const x509Pem = ({ certificate }: Issuer) => certificate.toString('pem');

test('a batch that is not full waits a moment for the next connection; a full one does not', async () => {
  const syslog = await receiver();
  const sink = sinkTo(syslog.port, { maxBatch: 3, spacingMs: 1500 });
  const took = async (count: number) => {
    const began = performance.now();
    await sink.send(linesOf(count), never());
    return performance.now() - began;
  };
  expect(await took(1)).toBeLessThan(1000);
  expect(await took(1)).toBeGreaterThan(1000);
  expect(await took(3)).toBeLessThan(1000);
});

const fates: fc.Arbitrary<Fate> = fc.oneof(
  fc.constantFrom<Fate[]>('read', 'refuse', 'bare'),
  fc.record({ reset: fc.nat(60_000) }),
);

test('whatever the receiver does, everything arrives, in order, at least once', { timeout: 60_000 }, async () => {
  const lines = linesOf(120, (seq) => ({ event: 'test.event', text: 'x'.repeat((seq * 37) % 900) }));
  await fc.assert(
    fc.asyncProperty(fc.array(fates, { maxLength: 8 }), fc.integer({ min: 15, max: 60 }), async (script, batch) => {
      const syslog = await startSyslog(serverOf(pki));
      try {
        syslog.fates = [...script];
        await persist(sinkTo(syslog.port), lines, batch);
        expect(syslog.faults).toEqual([]);
        expect(seqs(withoutRepeats(messages(syslog)))).toEqual(lines.map(({ seq }) => seq));
      } finally {
        await syslog.close();
      }
    }),
    { numRuns: 20 },
  );
});

test('a receiver that is down for long, and comes back, misses nothing', async () => {
  const first = await receiver();
  const lines = linesOf(2000);
  const sink = sinkTo(first.port, { maxBatch: 200 });
  await persist(sink, lines.slice(0, 1000));
  await first.close();
  for (let attempt = 0; attempt < 20; attempt++) {
    await expect(sink.send(lines.slice(1000, 1200), never())).rejects.toThrow('ECONNREFUSED');
  }
  const second = await receiver(serverOf(pki), first.port);
  await persist(sink, lines.slice(1000));
  expect([...messages(first), ...messages(second)]).toEqual(texts(lines));
});

test('at the end a batch waits for no others', async () => {
  const syslog = await receiver();
  const sink = sinkTo(syslog.port, { spacingMs: 600_000 });
  await sink.send(linesOf(1), never());
  const waiting = sink.send(linesOf(2), never());
  sink.ending!();
  await waiting;
  await sink.send(linesOf(1), never());
  expect(syslog.messages).toHaveLength(4);
});
