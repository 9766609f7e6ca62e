/**
 * The alerts: they look at the events that go into the audit log, and at what is about to expire or lags behind, and
 * raise `alert.*` events that go the same way. Time comes from outside, memory is bounded whatever is sent, and no
 * subject raises more than one alert in its cool-down: an attacker cannot fill the disk with them.
 */
import type { AuditEvent } from '../events.ts';
import { sinkBacklog } from './backlog.ts';
import { handshakeBurst, refusedKeyBurst } from './bursts.ts';
import type { KeyLife } from './detector.ts';
import { type CertificateLife, ClientCertificates, expiring } from './expiring.ts';
import { guardrailSeries } from './guardrail-series.ts';
import { outsideHours, unusualRate } from './key-use.ts';
import { unused } from './unused.ts';

/** Thresholds, as in the section `alerts` of the configuration; null turns an alert off. */
export interface AlertThresholds {
  readonly refusedHandshakesPerMinute: number | null;
  readonly refusedKeysPerMinute: number | null;
  readonly guardrailHitsPerHour: number | null;
  readonly rateJumpFactor: number | null;
  readonly expiryDays: number | null;
  readonly unusedKeyDays: number | null;
  readonly sinkBacklogRecords: number | null;
}

export interface AlertDependencies {
  /** Receives each alert, within the call of {@link Alerts} that found it. It may hand it back to `observe`. */
  readonly raise: (alert: AuditEvent) => void;
  readonly now: () => Date;
  /** By their ids. */
  readonly keys: () => ReadonlyMap<string, KeyLife>;
  /** When a key ends: by its record, or earlier where keys may not live so long. */
  readonly keyEnd: (key: KeyLife) => Date;
  /** When a key was last let in; null if never. */
  readonly lastUsed: (keyId: string) => Date | null;
  /** The gateway's own certificates, the CAs of its clients and their revocation lists. */
  readonly certificates: () => Iterable<CertificateLife>;
  readonly sinks: Parameters<typeof sinkBacklog>[1];
}

export interface Alerts {
  /** To be called with every event on its way into the log. */
  observe(event: AuditEvent): void;
  /** To be called for every request of an identified client: its certificate may be about to expire. */
  sawClient(client: { readonly name: string; readonly certSha256: string }, certificate: Uint8Array): void;
  /** To be called every few seconds: looks at what is about to expire or lies unused, and at the sinks. */
  check(): void;
}

const ifSet = <Result>(threshold: number | null, make: (threshold: number) => Result): Result | null =>
  threshold === null ? null : make(threshold);

/** Opens the alerts. All that they learn is in memory: a restart begins anew. */
export function openAlerts(thresholds: AlertThresholds, deps: AlertDependencies): Alerts {
  const clients = new ClientCertificates();
  const handshakes = ifSet(thresholds.refusedHandshakesPerMinute, handshakeBurst);
  const refusedKeys = ifSet(thresholds.refusedKeysPerMinute, refusedKeyBurst);
  const guardrails = ifSet(thresholds.guardrailHitsPerHour, guardrailSeries);
  const rates = ifSet(thresholds.rateJumpFactor, unusualRate);
  const hours = outsideHours(deps.keys);
  const backlog = ifSet(thresholds.sinkBacklogRecords, (records) => sinkBacklog(records, deps.sinks));
  const expiry = ifSet(thresholds.expiryDays, (days) =>
    expiring(days, {
      keys: () => deps.keys().values(),
      keyEnd: deps.keyEnd,
      certificates: (at) => [...deps.certificates(), ...clients.inUse(at)],
    }),
  );
  const idle = ifSet(thresholds.unusedKeyDays, (days) => unused(days, deps));
  const raise = (alert: AuditEvent | null | undefined): void => {
    if (alert) deps.raise(alert);
  };

  return {
    observe(event) {
      const at = deps.now().getTime();
      switch (event.event) {
        case 'handshake.refused':
          return raise(handshakes?.(event, at));
        case 'inference.admitted':
          return raise(rates?.(event, at));
        case 'inference.completed':
          return raise(guardrails?.(event, at));
        case 'inference.denied':
          raise(refusedKeys?.(event, at));
          raise(hours(event, at));
          raise(rates?.(event, at));
          return raise(guardrails?.(event, at));
        case 'admin.denied':
          raise(refusedKeys?.(event, at));
          return raise(hours(event, at));
      }
    },
    sawClient: ({ name, certSha256 }, certificate) => clients.saw(name, certSha256, certificate, deps.now().getTime()),
    check() {
      const at = deps.now().getTime();
      for (const due of [expiry, idle, backlog]) for (const alert of due?.(at) ?? []) deps.raise(alert);
    },
  };
}
