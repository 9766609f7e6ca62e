/** Keys and certificates that will not be good for much longer. */
import { X509Certificate } from 'node:crypto';
import type { AuditEvent } from '../events.ts';
import { CoolDown, Recent } from './bounds.ts';
import { DAY_MS, type EventOf, type KeyLife, MOST_SUBJECTS, whose } from './detector.ts';

/** A certificate, or a revocation list. */
export interface CertificateLife {
  readonly certificate: EventOf<'alert.certificate_expiring'>['certificate'];
  readonly subject: string;
  readonly validFrom: Date;
  readonly expiresAt: Date;
}

/** What is issued for a short time and renewed in time must not be an alert all its life. */
const LAST_PART = 1 / 3;

const isNear = (from: number, to: number, at: number, days: number): boolean =>
  to - at <= Math.min(days * DAY_MS, (to - from) * LAST_PART);

export interface Sources {
  /** When a key ends: its record is not the only one to say so. */
  readonly keyEnd: (key: KeyLife) => Date;
  readonly keys: () => Iterable<KeyLife>;
  readonly certificates: (at: number) => Iterable<CertificateLife>;
}

/**
 * Returns the alerts that are due, once a day for each subject. A key that has expired is over and done with; a
 * certificate of the gateway's own or a revocation list that has is what everybody should know.
 * @param expiryDays how long before, unless the last third of its life begins later
 */
export function expiring(expiryDays: number, sources: Sources): (at: number) => AuditEvent[] {
  const keyCoolDown = new CoolDown(DAY_MS, MOST_SUBJECTS);
  const certificateCoolDown = new CoolDown(DAY_MS, MOST_SUBJECTS);

  const keyAlert = (key: KeyLife, at: number): AuditEvent[] => {
    const { id, issuedAt, revokedAt, replacedBy } = key;
    const end = sources.keyEnd(key).getTime();
    // One that has been replaced ends because somebody has seen to it.
    if (
      revokedAt !== null ||
      replacedBy !== undefined ||
      end <= at ||
      !isNear(Date.parse(issuedAt), end, at, expiryDays)
    )
      return [];
    if (!keyCoolDown.start(id, at)) return [];
    return [{ event: 'alert.key_expiring', ...whose(key), expiresAt: new Date(end).toISOString() }];
  };
  const certificateAlert = (life: CertificateLife, at: number): AuditEvent[] => {
    const { certificate, subject, validFrom, expiresAt } = life;
    if (!isNear(validFrom.getTime(), expiresAt.getTime(), at, expiryDays)) return [];
    if (!certificateCoolDown.start(`${certificate} ${subject}`, at)) return [];
    return [{ event: 'alert.certificate_expiring', certificate, subject, expiresAt: expiresAt.toISOString() }];
  };
  return (at) => [
    ...[...sources.keys()].flatMap((key) => keyAlert(key, at)),
    ...[...sources.certificates(at)].flatMap((life) => certificateAlert(life, at)),
  ];
}

const MOST_CLIENTS = 1000;

interface Seen {
  readonly life: CertificateLife;
  lastSeen: number;
}

/** The certificates that clients use: the thousand that were used last. */
export class ClientCertificates {
  readonly #seen = new Recent<Seen>(MOST_CLIENTS);

  /** @param der the certificate, read when its hash is new */
  saw(subject: string, certSha256: string, der: Uint8Array, at: number): void {
    const entry = this.#seen.get(certSha256, () => {
      const { validFromDate: validFrom, validToDate: expiresAt } = new X509Certificate(der);
      return { life: { certificate: 'client', subject, validFrom, expiresAt }, lastSeen: at };
    });
    entry.lastSeen = at;
  }

  /** Those that are good and were used within a day: an older one has been replaced, or is not needed. */
  *inUse(at: number): Iterable<CertificateLife> {
    for (const { life, lastSeen } of this.#seen.values())
      if (at - lastSeen < DAY_MS && at < life.expiresAt.getTime()) yield life;
  }
}
