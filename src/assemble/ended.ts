/** What is made of the end of an exchange, on either listener, beside its record. */
import type { Sent } from '../audit/record.ts';
import type { Reached } from '../core/exchange.ts';
import type { Common } from './common.ts';

/** @param count takes notice of it in the metrics */
export const ended =
  ({ evidence, usage, log }: Pick<Common, 'evidence' | 'usage' | 'log'>, count: (x: Reached, sent: Sent) => void) =>
  (x: Reached, sent: Sent): void => {
    count(x, sent);
    if (x.client && x.certificate) evidence.sawClient(x.client, x.certificate);
    if (x.key) usage.saw(x.key.id, x.arrivedAt);
    else if (x.operator?.kind === 'key') usage.saw(x.operator.id, x.arrivedAt);
    const { denial, ending } = sent;
    // That the log takes nothing is said once, not for each request.
    if (!denial || denial.status < 500 || denial.code === 'audit_unavailable') return;
    log.warn(
      { requestId: x.id, upstream: x.upstream ?? x.passage?.upstream, denial: denial.code, ending, err: denial.cause },
      'a request failed',
    );
  };
