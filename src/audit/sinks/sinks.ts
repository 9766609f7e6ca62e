/** The receivers of the audit log that the configuration names, each with its own place in the log. */
import { Fault } from '../../core/fault.ts';
import { globMatches } from '../../core/glob.ts';
import { EVENTS } from '../events.ts';
import type { Progress } from '../read/follow.ts';
import { type Adapter, elastic, ndjson, splunk, webhook } from './adapters.ts';
import { type DeliveryOptions, deliver, type SinkStatus } from './deliver.ts';
import { openHttpSink } from './http.ts';
import { openRedisSink } from './redis.ts';
import type { Sink } from './sink.ts';
import { openSyslogSink } from './syslog.ts';

interface HttpSettings {
  /** Name of the secret that is the value of the authorization header. */
  readonly authorizationEnv: string | null;
  readonly caFile: string | null;
}

/** As in the configuration (config/audit-schema.ts). */
export type SinkSettings = { readonly name: string; readonly events: readonly string[] } & (
  | ({ readonly kind: 'http' | 'splunk'; readonly url: string } & HttpSettings)
  | ({ readonly kind: 'elastic'; readonly url: string; readonly index: string } & HttpSettings)
  | ({ readonly kind: 'webhook'; readonly urlEnv: string } & HttpSettings)
  | {
      readonly kind: 'syslog';
      readonly host: string;
      readonly port: number;
      readonly caFile: string | null;
      readonly certFile: string | null;
      readonly keyFile: string | null;
    }
  | {
      readonly kind: 'redis';
      readonly urlEnv: string;
      readonly caFile: string | null;
      readonly stream: string;
      readonly maxLen: number | null;
    }
);

export interface SinksDeps extends Pick<DeliveryOptions, 'raise' | 'fault' | 'random' | 'pause'> {
  /** Directory of the log. */
  readonly dir: string;
  readonly progress: Progress;
  /** By the name of their environment variable; those that the settings name must be there. */
  readonly secrets: Readonly<Record<string, string>>;
}

export interface Sinks {
  status(): readonly SinkStatus[];
  /** Up to this `seq` every sink has what it is to have, and will after a crash; Infinity without sinks. */
  deliveredTo(): number;
  /** Hands over what is left, for at most `withinMs` milliseconds, and saves how far each sink has got. */
  close(withinMs: number): Promise<void>;
}

/**
 * A pattern that no event fits would be a sink that waits for nothing.
 * @throws Fault `sink_events_unknown`
 */
export function checkSinkEvents(sinks: readonly Pick<SinkSettings, 'name' | 'events'>[]): void {
  for (const { name, events } of sinks) {
    const unknown = events.find((pattern) => !Object.keys(EVENTS).some((event) => globMatches(pattern, event)));
    if (unknown === undefined) continue;
    throw new Fault(
      'sink_events_unknown',
      `No event fits "${unknown}", which the sink "${name}" is to be sent. "sallyport audit schema" lists the events there are.`,
    );
  }
}

/** Begins to deliver to all of them. The promise is fulfilled once it is known where each goes on. */
export async function openSinks(settings: readonly SinkSettings[], deps: SinksDeps): Promise<Sinks> {
  const { secrets, ...options } = deps;
  const deliveries = await Promise.all(
    settings.map((one) => deliver(openSink(one, secrets), { ...options, name: one.name, events: one.events })),
  );
  return {
    status: () => deliveries.map((delivery) => delivery.status()),
    deliveredTo: () => Math.min(...deliveries.map(({ saved }) => saved)),
    close: async (withinMs) => {
      await Promise.all(deliveries.map((delivery) => delivery.close(withinMs)));
    },
  };
}

function openSink(settings: SinkSettings, secrets: SinksDeps['secrets']): Sink {
  switch (settings.kind) {
    case 'syslog':
      return openSyslogSink(settings);
    case 'redis':
      return openRedisSink({ ...settings, url: secrets[settings.urlEnv]! });
    default: {
      const { authorizationEnv, caFile } = settings;
      const url = 'urlEnv' in settings ? secrets[settings.urlEnv]! : settings.url;
      const authorization = authorizationEnv === null ? null : secrets[authorizationEnv]!;
      return openHttpSink({ url, authorization, caFile, adapter: adapterOf(settings) });
    }
  }
}

function adapterOf(settings: Extract<SinkSettings, HttpSettings>): Adapter {
  switch (settings.kind) {
    case 'http':
      return ndjson;
    case 'webhook':
      return webhook;
    case 'splunk':
      return splunk;
    case 'elastic':
      return elastic(settings.index);
  }
}
