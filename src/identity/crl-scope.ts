/** Which certificates a revocation list speaks of: its issuing distribution point (RFC 5280 §5.2.5). */

export const ISSUING_DISTRIBUTION_POINT = '2.5.29.28';

interface Element {
  readonly tag: number;
  readonly content: Buffer;
  /** Tag, length and content. */
  readonly whole: Buffer;
}

/** The elements that follow each other in DER. @throws RangeError if they do not fill it exactly */
function elements(der: Buffer): Element[] {
  const found: Element[] = [];
  for (let rest = der; rest.length > 0; ) {
    const [tag, first] = [rest.readUInt8(0), rest.readUInt8(1)];
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    const length = first < 0x80 ? first : rest.readUIntBE(2, lengthBytes);
    const end = 2 + lengthBytes + length;
    if (end > rest.length) throw new RangeError('truncated');
    found.push({ tag, content: rest.subarray(end - length, end), whole: rest.subarray(0, end) });
    rest = rest.subarray(end);
  }
  return found;
}

/**
 * Where a list says that it is published, in general names as DER; empty if it does not say.
 * @param extension  the value of the extension
 * @returns null if the list leaves out client certificates, some reasons, or speaks for other CAs
 */
export function scopeOf(extension: ArrayBuffer): readonly Buffer[] | null {
  const names: Buffer[] = [];
  try {
    const [sequence, ...more] = elements(Buffer.from(extension));
    if (sequence?.tag !== 0x30 || sequence.content.length === 0 || more.length > 0) return null;
    for (const { tag, content } of elements(sequence.content)) {
      // [1] onlyContainsUserCerts: no client is a CA, so nothing that matters is left out.
      if (tag === 0x81) continue;
      const [fullName] = tag === 0xa0 ? elements(content) : [];
      if (fullName?.tag !== 0xa0) return null;
      names.push(...elements(fullName.content).map(({ whole }) => whole));
    }
    return names;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/**
 * Whether a list is the one that a certificate points to (RFC 5280 §6.3.3 (b)(2)(i)). CAs that split their list name
 * another part in each certificate, and the part at hand would know nothing of it. Where one of the two says nothing,
 * the list that was configured for the CA is taken to be the complete one.
 * @param distributionPoints  the value of the certificate's extension; null if it has none
 * @param scope               of the list, as {@link scopeOf} returns it
 */
export function inScope(distributionPoints: ArrayBuffer | null, scope: readonly Buffer[]): boolean {
  if (!distributionPoints || scope.length === 0) return true;
  const points = Buffer.from(distributionPoints);
  return scope.some((name) => points.includes(name));
}
