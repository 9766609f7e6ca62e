/**
 * One spelling for a serial number: lower-case hex without separators or leading zeros, so that what a certificate
 * says, what a revocation list says and what a person types can be compared.
 *
 * @returns null for anything that is not a positive number of at most 20 octets (RFC 5280 §4.1.2.2)
 */
export function canonicalSerial(text: string): string | null {
  const hex = text.replaceAll(':', '').toLowerCase();
  if (!/^[0-9a-f]{1,42}$/.test(hex)) return null;
  const digits = hex.replace(/^0+/, '');
  return digits.length > 0 && digits.length <= 40 ? digits : null;
}

/** The serial number of a certificate, or of an entry of a revocation list, in that spelling; as it stands where it has none. */
export const serialOf = ({ serialNumber }: { readonly serialNumber: string }): string =>
  canonicalSerial(serialNumber) ?? serialNumber;
