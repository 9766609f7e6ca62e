/** The lockdown: no inference anywhere, until somebody lifts it. Administration goes on. */
import { z } from 'zod';
import type { DocumentFormat } from '../core/document/document.ts';
import { Fault } from '../core/fault.ts';
import { jsonOrNull } from '../core/json.ts';

const printable = (most: number) => z.string().regex(new RegExp(`^[^\\p{C}\\p{Zl}\\p{Zp}]{1,${most}}$`, 'u'));
const reason = printable(256);

const lockdown = z.strictObject({
  on: z.boolean(),
  /** When it was switched on or off; RFC 3339, in UTC. */
  since: z.iso.datetime(),
  /** Who did it: `user@host` of the command line, a key or a person. */
  by: printable(2048),
  reason,
});

/** Whether inference is stopped, and who said so when and why. */
export type Lockdown = Readonly<z.infer<typeof lockdown>>;

/** Whether a text may be the reason: 1 to 256 printable characters. */
export const isReason = (text: string): boolean => reason.safeParse(text).success;

export const lockdownFormat: DocumentFormat<Lockdown> = {
  name: 'lockdown',
  what: 'the lockdown',
  missing: null,
  empty: { on: false, since: new Date(0).toISOString(), by: 'nobody', reason: 'there has been none' },
  parse(text, place) {
    const { data } = lockdown.safeParse(jsonOrNull(text));
    if (data) return data;
    throw new Fault(
      'lockdown_invalid',
      `The lockdown in ${place} cannot be read. Restore it; or remove it, and say anew what it is with "sallyport lockdown on" or "off".`,
    );
  },
  print: (value) => `${JSON.stringify(value, null, 2)}\n`,
};

/** Switches it. Where it is so already everything stays, who did it first above all: the same object is returned. */
export const switched = (
  before: Lockdown,
  { on, by, reason }: Pick<Lockdown, 'on' | 'by' | 'reason'>,
  now: Date,
): Lockdown => (before.on === on ? before : { on, since: now.toISOString(), by, reason });
