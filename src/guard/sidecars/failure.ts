/** Why a side-car did not judge: the closed list that metrics and audit records use. */
export type Reason =
  /** No whole answer within its time. */
  | 'timeout'
  /** No connection, or one that broke. */
  | 'unreachable'
  /** Another status than 200. */
  | 'status'
  /** An answer that is too long, is no JSON, or says what cannot be. */
  | 'bad_answer'
  /** Not asked: it did not answer the last few times. */
  | 'suspended';

/** A side-car failed. The message never holds anything of a text or of an answer, which may repeat a text. */
export class SidecarFailure extends Error {
  readonly reason: Reason;

  constructor(reason: Reason, message: string) {
    super(message);
    this.name = 'SidecarFailure';
    this.reason = reason;
  }
}

/** Says that an answer breaks the contract. */
export const badAnswer = (what: string): SidecarFailure => new SidecarFailure('bad_answer', `its answer ${what}`);
