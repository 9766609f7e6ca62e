/** How long the certificates that the gateway relies on are good for. */
import { X509Certificate } from 'node:crypto';
import type { Trust } from './trust.ts';

export interface Life {
  readonly certificate: 'server' | 'client_ca' | 'crl';
  readonly subject: string;
  readonly validFrom: Date;
  readonly expiresAt: Date;
}

/** One line, as people write it. */
const subjectOf = ({ subject }: X509Certificate): string => subject.replaceAll('\n', ', ');

/** The life of the gateway's own certificate. @param pem leaf first */
export function serverLife(pem: string | Buffer): Life {
  const leaf = new X509Certificate(pem);
  return {
    certificate: 'server',
    subject: subjectOf(leaf),
    validFrom: leaf.validFromDate,
    expiresAt: leaf.validToDate,
  };
}

/** The lives of the CAs of the clients, and of what they have revoked. */
export const trustLives = ({ authorities }: Trust): Life[] =>
  authorities.flatMap(({ certificate, notBefore, notAfter, crl }): Life[] => {
    const subject = subjectOf(certificate);
    return [
      { certificate: 'client_ca', subject, validFrom: notBefore, expiresAt: notAfter },
      ...(crl ? [{ certificate: 'crl' as const, subject, validFrom: crl.thisUpdate, expiresAt: crl.nextUpdate }] : []),
    ];
  });
