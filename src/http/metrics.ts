/** What is counted, for Prometheus. No label holds anything that a client chose. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Sent } from '../audit/record.ts';
import type { Reached } from '../core/exchange.ts';
import type { Lapse } from '../core/pipeline.ts';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

/** Read anew at each scrape. */
export interface Gauges {
  readonly running: () => number;
  readonly auditHealthy: () => boolean;
  readonly draining: () => boolean;
  readonly lockedDown: () => boolean;
  /** Whether access tokens can be checked; null where there are none. */
  readonly issuerReady: () => boolean | null;
  readonly sinks: () => readonly { readonly name: string; readonly backlog: number }[];
  readonly witnesses: () => readonly { readonly name: string; readonly size: number; readonly witnessed: number }[];
  readonly upstreams: () => readonly { readonly name: string; readonly healthy: boolean; readonly inFlight: number }[];
}

/** What can be at fault in the gateway itself. */
export type Part =
  | 'audit'
  | 'sinks'
  | 'witnesses'
  | 'limits'
  | 'keys'
  | 'lockdown'
  | 'trust'
  | 'tls'
  | 'oidc'
  | 'sidecars'
  | 'exchange';

export interface Metrics {
  readonly registry: Registry;
  exchange(x: Reached, sent: Sent): void;
  /** An exchange of administrators that is over. */
  administration(x: Reached, sent: Sent): void;
  /**
   * Something was taken away: how long ago, when new requests are refused because of it, and when a running one has ended.
   * @param since milliseconds since 1970
   */
  revoked(what: Lapse['what'], effect: 'refused' | 'cut', since: number): void;
  handshakeRefused(reason: string): void;
  /** @param event what the audit record of it is called */
  alert(event: string): void;
  fault(part: Part): void;
  /** @param outcome how a request to a side-car ended */
  sidecar(name: string, outcome: string, seconds: number): void;
}

export function metrics(read: Gauges): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: 'sallyport_requests_total',
    help: 'Exchanges that are over, by endpoint, status, refusal and ending',
    labelNames: ['endpoint', 'status', 'denial', 'ending'],
    registers,
  });
  const end = ({ status, denial, ending }: Sent) => ({
    status: status ?? 'none',
    denial: denial?.code ?? 'none',
    ending,
  });
  const duration = new Histogram({
    name: 'sallyport_request_duration_seconds',
    help: 'From arrival to the last byte, of admitted requests',
    labelNames: ['endpoint'],
    buckets: SECONDS,
    registers,
  });
  const firstByte = new Histogram({
    name: 'sallyport_first_byte_seconds',
    help: 'From arrival to the first byte of the answer, of admitted requests',
    labelNames: ['endpoint'],
    buckets: SECONDS,
    registers,
  });
  const sidecars = new Histogram({
    name: 'sallyport_sidecar_seconds',
    help: 'Requests to side-cars, by side-car and how they ended',
    labelNames: ['sidecar', 'outcome'],
    buckets: SECONDS,
    registers,
  });
  const tokens = new Counter({
    name: 'sallyport_tokens_total',
    help: 'Tokens charged, by team and direction',
    labelNames: ['team', 'direction'],
    registers,
  });
  const findings = new Counter({
    name: 'sallyport_findings_total',
    help: 'What the guards found, by rule, action and direction',
    labelNames: ['rule', 'action', 'direction'],
    registers,
  });
  const administrations = new Counter({
    name: 'sallyport_admin_requests_total',
    help: 'Exchanges of administrators that are over, by operation, status, refusal and ending',
    labelNames: ['operation', 'status', 'denial', 'ending'],
    registers,
  });
  const revocations = new Histogram({
    name: 'sallyport_revocation_seconds',
    help: 'From the moment a key, a certificate or inference was taken away to its effect: new requests refused, running ones cut',
    labelNames: ['what', 'effect'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 2, 5, 10],
    registers,
  });
  const handshakes = new Counter({
    name: 'sallyport_handshakes_refused_total',
    help: 'TLS handshakes that were refused',
    labelNames: ['reason'],
    registers,
  });
  const faults = new Counter({
    name: 'sallyport_faults_total',
    help: 'Faults of the gateway itself',
    labelNames: ['part'],
    registers,
  });
  const alerts = new Counter({
    name: 'sallyport_alerts_total',
    help: 'Alerts that were raised, by their event',
    labelNames: ['event'],
    registers,
  });
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  gauge('sallyport_requests_running', 'Exchanges that are not over', read.running);
  gauge('sallyport_audit_healthy', 'Whether the audit log takes records', () => Number(read.auditHealthy()));
  gauge('sallyport_locked_down', 'Whether inference is locked down', () => Number(read.lockedDown()));
  new Gauge({
    name: 'sallyport_token_issuer_ready',
    help: 'Whether access tokens of administrators can be checked',
    registers,
    collect() {
      const ready = read.issuerReady();
      if (ready !== null) this.set(Number(ready));
    },
  });
  gauge('sallyport_draining', 'Whether the gateway is shutting down', () => Number(read.draining()));
  const gauges = <One extends { readonly name: string }>(
    name: string,
    help: string,
    label: string,
    all: () => readonly One[],
    value: (one: One) => number,
  ) =>
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers,
      collect() {
        for (const one of all()) this.set({ [label]: one.name }, value(one));
      },
    });
  const { upstreams, sinks, witnesses } = read;
  gauges('sallyport_upstream_up', 'Whether a model server can be reached', 'upstream', upstreams, ({ healthy }) =>
    Number(healthy),
  );
  gauges(
    'sallyport_upstream_in_flight',
    'Requests on a model server',
    'upstream',
    upstreams,
    ({ inFlight }) => inFlight,
  );
  gauges(
    'sallyport_audit_sink_backlog',
    'Records that a sink has not taken yet',
    'sink',
    sinks,
    ({ backlog }) => backlog,
  );
  gauges(
    'sallyport_audit_unwitnessed',
    'Records that the newest checkpoint covers and this witness has not confirmed',
    'witness',
    witnesses,
    ({ size, witnessed }) => size - witnessed,
  );

  return {
    registry,
    exchange(x, sent) {
      const endpoint = x.endpoint ?? 'none';
      requests.inc({ endpoint, ...end(sent) });
      for (const { rule, action, direction } of [...(x.findings ?? []), ...sent.findings])
        findings.inc({ rule, action, direction });
      if (x.intentSeq === undefined) return;
      duration.observe({ endpoint }, sent.latencyMs / 1000);
      if (sent.firstByteMs !== null) firstByte.observe({ endpoint }, sent.firstByteMs / 1000);
      if (sent.usage && x.key) {
        tokens.inc({ team: x.key.team, direction: 'input' }, sent.usage.inputTokens);
        tokens.inc({ team: x.key.team, direction: 'output' }, sent.usage.outputTokens);
      }
    },
    administration: (x, sent) => administrations.inc({ operation: x.operation?.name ?? 'none', ...end(sent) }),
    // The clock of whoever took it away may be ahead of this one.
    revoked: (what, effect, since) => revocations.observe({ what, effect }, Math.max(0, Date.now() - since) / 1000),
    handshakeRefused: (reason) => handshakes.inc({ reason }),
    alert: (event) => alerts.inc({ event }),
    fault: (part) => faults.inc({ part }),
    sidecar: (sidecar, outcome, seconds) => sidecars.observe({ sidecar, outcome }, seconds),
  };
}
