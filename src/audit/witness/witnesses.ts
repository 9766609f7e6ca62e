/** The witnesses of a gateway: each is shown the newest checkpoint, and whoever does not confirm it raises an alarm. */
import { Fault } from '../../core/fault.ts';
import type { AuditEvent } from '../events.ts';
import { Courier, type Pace } from './courier.ts';
import { readEntry } from './entry.ts';
import { openFile } from './file.ts';
import { openRemote, type RemoteOptions } from './remote.ts';

const MINUTE_MS = 60_000;
const ALARM_EVERY_MS = 60 * MINUTE_MS;
const PACE: Pace = { betweenMs: 1000, firstRetryMs: 500, lastRetryMs: 30_000 };

export interface WitnessesSettings {
  /** A file elsewhere, or a "sallyport audit witness". */
  readonly witnesses: readonly ({ readonly name: string } & ({ readonly file: string } | RemoteOptions))[];
  /** After so many minutes without a confirmation an alarm is raised; null: never. */
  readonly witnessBehindMinutes: number | null;
}

export interface WitnessesContext {
  /** Records `alert.witness_refused` and `alert.witness_behind`. Must not throw. */
  readonly raise: (event: AuditEvent) => void;
  /** Is told that a witness has begun to fail, not of each attempt. */
  readonly fault: (error: Fault) => void;
  readonly now?: () => Date;
  readonly pace?: Pace;
}

export interface WitnessStatus {
  readonly name: string;
  /** What the newest checkpoint of this run covers; 0 if there was none. */
  readonly size: number;
  /** What the newest covers that this witness has confirmed on this run; 0 if there is none. */
  readonly witnessed: number;
  /** Since when there is one that it has not confirmed, RFC 3339; null if there is none. */
  readonly since: string | null;
}

export interface Witnesses {
  /** Takes the line of a checkpoint, without its newline, in the order of the log. Never waits, and never throws. */
  submit(line: string): void;
  status(): readonly WitnessStatus[];
  /** Raises `alert.witness_behind` where it is due, once an hour for each witness. To be called every minute. */
  check(): void;
  /** Shows what has not been confirmed once more, for so many milliseconds at most. */
  close(withinMs: number): Promise<void>;
}

/** @throws Fault `public_key_unusable`, `witness_ca_unusable`, `witness_cert_unusable` */
export async function openWitnesses(
  { witnesses, witnessBehindMinutes }: WitnessesSettings,
  { raise, fault, now = () => new Date(), pace = PACE }: WitnessesContext,
): Promise<Witnesses> {
  const opened = witnesses.map(async (settings) => {
    const { name } = settings;
    const keeper = 'file' in settings ? openFile(settings.file) : await openRemote(settings);
    const told = {
      refused: (size: number, reason: string) => raise({ event: 'alert.witness_refused', witness: name, size, reason }),
      failed: (reason: string, cause: unknown) => {
        const message = `Witness ${name} does not confirm checkpoints (${reason}). It is asked again; see to it.`;
        fault(new Fault('witness_failing', message, { cause }));
      },
    };
    return { name, courier: new Courier(keeper, told, pace, now), alarmedAt: Number.NEGATIVE_INFINITY };
  });
  const all = await Promise.all(opened);

  return {
    submit(line) {
      const checkpoint = readEntry(line);
      if (checkpoint) for (const { courier } of all) courier.submit(checkpoint);
    },
    status: () =>
      all.map(({ name, courier: { size, witnessed, unconfirmedSince } }) => ({
        name,
        size,
        witnessed,
        since: unconfirmedSince === null ? null : new Date(unconfirmedSince).toISOString(),
      })),
    check() {
      if (witnessBehindMinutes === null) return;
      const time = now().getTime();
      for (const one of all) {
        const { size, witnessed, unconfirmedSince, reason } = one.courier;
        if (unconfirmedSince === null || time - unconfirmedSince < witnessBehindMinutes * MINUTE_MS) continue;
        if (time - one.alarmedAt < ALARM_EVERY_MS) continue;
        one.alarmedAt = time;
        const since = new Date(unconfirmedSince).toISOString();
        raise({ event: 'alert.witness_behind', witness: one.name, size, witnessed, since, reason });
      }
    },
    async close(withinMs) {
      await Promise.all(all.map(({ courier }) => courier.close(withinMs)));
    },
  };
}
