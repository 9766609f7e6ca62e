/** What holds for all alerts, whatever is sent. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AuditEvent } from '../../../src/audit/events.ts';
import { alerts as settings } from '../../../src/config/audit-schema.ts';
import {
  adminDenied,
  admitted,
  byId,
  completed,
  DAY,
  denied,
  finding,
  fits,
  HOUR,
  refusedHandshake,
  refusedKey,
  START,
  watching,
} from './make.ts';

const COOL_DOWN: Record<string, number> = {
  'alert.handshake_burst': HOUR,
  'alert.refused_key_burst': HOUR,
  'alert.guardrail_series': HOUR,
  'alert.unusual_rate': HOUR,
  'alert.outside_hours': 12 * HOUR,
  'alert.key_expiring': DAY,
  'alert.key_unused': DAY,
  'alert.certificate_expiring': DAY,
  'alert.sink_backlog': HOUR,
};

/** Whom an alert is about. Of bursts there is one more about all sources together, so they are counted by number. */
const subjectOf = (alert: AuditEvent): string => {
  const { keyId, subject, sink } = alert as { keyId?: string; subject?: string; sink?: string };
  return `${alert.event} ${keyId ?? subject ?? sink ?? ''}`;
};

test('never more than one alert for each subject in its cool-down, and each in the words of the table', () => {
  const SOURCES = ['a', 'b', 'c'];
  const source = fc.constantFrom(...SOURCES);
  const event = fc.oneof(
    source.map(refusedHandshake),
    source.map((name) => refusedKey(name)),
    source.map((keyId) => admitted(keyId)),
    source.map((keyId) => completed({ keyId, findings: [finding('iban')] })),
    source.map((keyId) => denied('prompt_injection', { keyId })),
    source.map((keyId) => adminDenied('invalid_api_key', { keyId, reason: 'outside_hours' })),
  );
  // Many at a time, as floods are, and then some time.
  const floods = fc.array(fc.tuple(event, fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 400_000 })), {
    maxLength: 120,
  });
  const life = {
    issuedAt: '2026-04-01T00:00:00Z',
    expiresAt: '2026-06-10T00:00:00Z',
    revokedAt: null,
    hours: 'mon 08:00-09:00 UTC',
  };
  let raisedInAll = 0;
  fc.assert(
    fc.property(floods, (floods) => {
      const { alerts, observe, raised, clock } = watching(
        { ...thresholds, rateJumpFactor: 2 },
        {
          keys: () => byId(SOURCES.map((id) => ({ id, team: 't', app: 'a', env: 'e', ...life }))),
          certificates: () => [
            {
              certificate: 'crl',
              subject: 'CA',
              validFrom: new Date(START - 90 * DAY),
              expiresAt: new Date(START + DAY),
            },
          ],
          sinks: () => [{ name: 'siem', backlog: 20_000, oldest: new Date(START).toISOString(), delivered: 0 }],
        },
      );
      for (const [event, times, pause] of floods) {
        observe(event, times, 3);
        clock.at += pause;
        alerts.check();
      }
      for (const [about, some] of Map.groupBy(raised, subjectOf)) {
        const [event] = about.split(' ') as [string];
        const most = event.endsWith('_burst') ? SOURCES.length + 1 : 1;
        for (const [i, { at }] of some.entries())
          if (i >= most) expect(at - some[i - most]!.at, about).toBeGreaterThanOrEqual(COOL_DOWN[event]!);
      }
      for (const { at: _, ...alert } of raised) expect(fits(alert)).toBe(true);
      raisedInAll += raised.length;
    }),
    { numRuns: 60 },
  );
  expect(raisedInAll).toBeGreaterThan(100);
});

const thresholds = settings.parse({});

test('takes the settings as they are, and is quiet about what they say nothing of', () => {
  const { observe, raised } = watching(thresholds);
  observe({ event: 'gateway.stopped', reason: 'SIGTERM' }, 1000);
  observe({ event: 'alert.orphan', requestId: 'r', admittedSeq: 1 }, 1000);
  expect(raised).toEqual([]);
});
