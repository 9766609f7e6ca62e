/** How a request target is held against a row: exactly, and in time that grows with its length only. */

/**
 * What may stand for a `{parameter}`: one segment of characters that nobody decodes, and not `.` or `..`, which a
 * server may take out of the path (RFC 3986 §5.2.4). No route that may be passed has a parameter with a `/` in it.
 */
const PARAMETER = '(?!\\.{1,2}(?:/|$))[A-Za-z0-9._:@+-]+';

/**
 * What may stand for a value in the query: the unreserved characters, and `/` and `:`, without which the name of most
 * models cannot be written (RFC 3986 §3.4 allows both). Segments as in a path, so that a value is none to climb out of.
 * No `+`, which some read as a blank.
 */
const SEGMENT = '(?!\\.{1,2}(?:/|$))[A-Za-z0-9._~:-]+';
const VALUE = new RegExp(`^${SEGMENT}(?:/${SEGMENT})*$`);

/** The paths that a row stands for. Only rows with a `{parameter}` need one. */
export function pathPattern(path: string): RegExp {
  const parts = path.split(/\{\w+\}/).map((literal) => literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join(PARAMETER)}$`);
}

/** Whether a query, without its `?`, is `name=value` pairs of the names given, each once at most. */
export function queryFits(query: string, names: readonly string[]): boolean {
  const pairs = query.split('&');
  if (pairs.length > names.length) return false;
  const seen = new Set<string>();
  return pairs.every((pair) => {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, Math.max(equals, 0));
    if (!names.includes(name) || seen.has(name)) return false;
    seen.add(name);
    return VALUE.test(pair.slice(equals + 1));
  });
}
