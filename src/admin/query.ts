/** The query of `GET /admin/audit/records`. */
import { Denial } from '../core/denial.ts';

/** Records that one answer has at most, and unless it is asked otherwise. */
const MOST_RECORDS = 100_000;
const RECORDS = 1000;

/** What to look for in the audit log; records have to meet all that are given. */
export interface RecordsQuery {
  /** Milliseconds since 1970: not before `from`, and before `to`. */
  readonly from?: number;
  readonly to?: number;
  readonly fromSeq?: number;
  /** `*` stands for any run of characters. */
  readonly event?: string;
  readonly keyId?: string;
  readonly requestId?: string;
  readonly client?: string;
  readonly limit: number;
}

const isTime = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z)?$/.test(text) && !Number.isNaN(Date.parse(text));
const isCount = (text: string): boolean => /^\d{1,15}$/.test(text);

interface Parameter {
  readonly accepts: (text: string) => boolean;
  readonly hint: string;
}
const time: Parameter = { accepts: isTime, hint: 'Write a time in UTC, as in 2026-06-01T12:00:00Z.' };
const text = (pattern: RegExp, hint: string): Parameter => ({ accepts: (value) => pattern.test(value), hint });

const PARAMETERS: Readonly<Record<keyof RecordsQuery, Parameter>> = {
  from: time,
  to: time,
  fromSeq: { accepts: isCount, hint: 'Write the number of a record.' },
  event: text(/^[a-z_.*]{1,64}$/, 'Write the name of an event, as in key.issued or admin.*.'),
  keyId: text(/^[0-9a-z]{10}$/, 'Write the id of a key.'),
  requestId: text(/^[0-9A-Za-z_-]{1,64}$/, 'Write the id of a request.'),
  client: text(/^[^\p{C}\p{Zl}\p{Zp}]{1,2048}$/u, 'Write the name of a client certificate.'),
  limit: {
    accepts: (value) => isCount(value) && Number(value) >= 1 && Number(value) <= MOST_RECORDS,
    hint: `Write a number from 1 to ${MOST_RECORDS}.`,
  },
};

const isName = (name: string): name is keyof RecordsQuery => Object.hasOwn(PARAMETERS, name);

/**
 * Checks a query, `name=value` joined by `&`. Values are percent-decoded once (RFC 3986 §2.1): names of clients have
 * characters that a target cannot carry. Each name stands once, so that there is nothing to choose between.
 * @param query what comes after the question mark
 * @returns the values by their names, decoded
 * @throws Denial `unknown_parameter`, `invalid_parameter`
 */
export function readQuery(query: string): Readonly<Record<string, string>> {
  const parameters: Record<string, string> = {};
  for (const pair of query === '' ? [] : query.split('&')) {
    const [name = '', ...rest] = pair.split('=');
    if (!isName(name)) throw new Denial('unknown_parameter', { param: name.replace(/[^\w.-]/g, '?').slice(0, 200) });
    const { accepts, hint } = PARAMETERS[name];
    const value = decoded(rest.join('='));
    if (value === null || Object.hasOwn(parameters, name) || !accepts(value)) {
      throw new Denial('invalid_parameter', { param: name, detail: `${hint} Give each parameter once.` });
    }
    parameters[name] = value;
  }
  return parameters;
}

/** Null for what cannot be decoded, and for a plus, which is a space to some and a plus to others. */
function decoded(value: string): string | null {
  if (value.includes('+')) return null;
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
}

/** The query that checked parameters stand for. */
export function recordsQuery({ from, to, fromSeq, limit, ...texts }: Readonly<Record<string, string>>): RecordsQuery {
  return {
    ...texts,
    ...(from === undefined ? {} : { from: Date.parse(from) }),
    ...(to === undefined ? {} : { to: Date.parse(to) }),
    ...(fromSeq === undefined ? {} : { fromSeq: Number(fromSeq) }),
    limit: limit === undefined ? RECORDS : Number(limit),
  };
}
