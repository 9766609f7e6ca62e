/** Subject alternative names as a person writes them: `DNS:gpu.internal`, `IP:10.0.0.7`, `URI:spiffe://corp/billing`. */
import { isIP } from 'node:net';
import { Fault } from '../core/fault.ts';
import { claimsSpiffe, trustDomainOf } from './spiffe.ts';
import type { JsonGeneralName } from './x509.ts';

const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
const DNS_NAME = new RegExp(`^(?=.{1,253}$)${LABEL}(\\.${LABEL})*$`, 'i');

/** Whether a text can be a DNS name of a host (RFC 1123 §2.1), without wildcards. */
export const isDnsName = (text: string): boolean => DNS_NAME.test(text) && isIP(text) === 0;

const KINDS: Record<string, { type: JsonGeneralName['type']; accepts: (value: string) => boolean }> = {
  DNS: { type: 'dns', accepts: isDnsName },
  IP: { type: 'ip', accepts: (value) => isIP(value) !== 0 },
  URI: { type: 'url', accepts: isUri },
};

function isUri(value: string): boolean {
  if (claimsSpiffe(value)) return trustDomainOf(value) !== null;
  return /^(?=.{1,2048}$)[a-z][a-z0-9+.-]{0,31}:[\x21-\x7e]+$/i.test(value);
}

/** @throws Fault `san_invalid` */
export function parseSan(text: string): JsonGeneralName {
  const colon = text.indexOf(':');
  const kind = KINDS[text.slice(0, colon).toUpperCase()];
  const value = text.slice(colon + 1);
  if (!kind?.accepts(value))
    throw new Fault(
      'san_invalid',
      `"${text}" is no name for a certificate. Write DNS:name, IP:address or URI:uri; spiffe://domain/path in lower case up to the path.`,
    );
  return { type: kind.type, value };
}
