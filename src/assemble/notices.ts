/** What both listeners tell of what happens on them. */
import { handshakeRecord, type Sent } from '../audit/record.ts';
import type { Reached } from '../core/exchange.ts';
import type { Lapse } from '../core/pipeline.ts';
import type { Common } from './common.ts';

/**
 * An exchange is over: told beside its record.
 * @param count takes notice of it in the metrics
 */
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

/** A handshake came to nothing. */
export const handshakeRefused =
  ({ evidence, measured }: Pick<Common, 'evidence' | 'measured'>) =>
  (remote: string, reason: string | null): void => {
    measured.handshakeRefused(reason ?? 'connection_closed');
    if (reason) void evidence.record(handshakeRecord(remote, reason));
  };

/** What was broken off because of something that was taken away has ended. */
export const cut =
  ({ measured, since }: Pick<Common, 'measured' | 'since'>) =>
  ({ what, since: said }: Lapse): void => {
    if (said !== null) measured.revoked(what, 'cut', since(said));
  };
