/** SPIFFE IDs, as the certificate of a workload may carry them (SPIFFE-ID, X509-SVID). */

/** SPIFFE-ID §2.3: longer ones are not generated, and need not be understood. */
const MAX_LENGTH = 2048;
// §2.1: no user, no port, no percent-encoding, lower case. §2.2: no empty or relative segment, no slash at the end.
// §2: no query, no fragment. X509-SVID §3.1, §5.2: a leaf has a path; without one, the ID is that of the trust domain.
const LEAF_ID = /^spiffe:\/\/([a-z0-9._-]{1,255})(?:\/(?!\.{1,2}(?:\/|$))[a-zA-Z0-9._-]+)+$/;

/**
 * Whether a URI sets out to be a SPIFFE ID. A scheme may be written in either case (RFC 3986 §3.1), so `SPIFFE:` is one
 * too: refused then by {@link trustDomainOf}, and not let through as some other URI that reads the same.
 */
export const claimsSpiffe = (uri: string): boolean => /^spiffe:/i.test(uri);

/** The trust domain of the SPIFFE ID of a workload; null if it is no valid one. */
export const trustDomainOf = (uri: string): string | null =>
  uri.length <= MAX_LENGTH ? (LEAF_ID.exec(uri)?.[1] ?? null) : null;
