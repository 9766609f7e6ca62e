/** The keys of an issuer as this process knows them: when they are fetched, and how long they count. */
import { Denial } from '../../core/denial.ts';
import { Fault } from '../../core/fault.ts';
import type { KeySet } from './fetch-keys.ts';

/** A key that the issuer has withdrawn counts no longer than this. */
const FRESH_MS = 10 * 60_000;
/** Unknown keys in forged tokens, and people who try again, cannot make it ask more often. */
const COOLDOWN_MS = 30_000;
/**
 * Without its issuer a known key counts for half a day: long enough to administrate through a night without it, and
 * no longer, because it cannot say that it has withdrawn the key either.
 */
const STALE_MS = 12 * 60 * 60_000;

export interface KeyRing {
  /**
   * The keys, fetched anew if they are due.
   * @throws Denial `issuer_unavailable`
   */
  keys(): Promise<KeySet>;
  /**
   * The same for somebody who has missed one in `known`: fetched anew if that may be done again.
   * @throws Denial `issuer_unavailable`, also if the issuer has just failed to say whether there are newer ones
   */
  newerThan(known: KeySet): Promise<KeySet>;
  /** Whether there are keys that count. */
  ready(): boolean;
  close(): void;
}

export interface KeyRingOptions {
  /** @throws Fault */
  readonly fetch: (signal: AbortSignal) => Promise<KeySet>;
  /** Told once per outage and kind of fault. */
  readonly onFault: (fault: Fault) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Begins to fetch at once, and waits for nothing: the gateway starts without its issuer. */
export function openKeyRing({ fetch, onFault, now }: KeyRingOptions): KeyRing {
  const closing = new AbortController();
  let known: { readonly set: KeySet; readonly at: number } | null = null;
  let triedAt: number | null = null;
  let failed = false;
  let running: Promise<void> | null = null;
  const told = new Set<string>();

  /** A clock that was put back makes nothing younger. */
  const within = (ms: number, since: number | undefined | null): boolean => {
    const age = now() - (since ?? Number.NEGATIVE_INFINITY);
    return age >= 0 && age < ms;
  };
  const mayTry = () => !closing.signal.aborted && !within(COOLDOWN_MS, triedAt);

  async function attempt(): Promise<void> {
    const at = now();
    triedAt = at;
    try {
      // Its age counts from before it was asked: a key may have been withdrawn while the answer was on its way.
      known = { set: await fetch(closing.signal), at };
      failed = false;
      told.clear();
      if (!canVerify(known.set)) tell(noKeys());
    } catch (error) {
      failed = true;
      if (!closing.signal.aborted) tell(asFault(error));
    } finally {
      running = null;
    }
  }

  function tell(fault: Fault): void {
    if (told.has(fault.code)) return;
    told.add(fault.code);
    onFault(fault);
  }

  /** Everyone who comes while it is being fetched waits for the same answer. Never rejects. */
  const renew = async (): Promise<void> => {
    if (!running && mayTry()) running = attempt();
    await running;
  };

  const renewIfDue = async (): Promise<void> => {
    if (!within(FRESH_MS, known?.at)) await renew();
  };

  function current(): KeySet {
    if (known && within(STALE_MS, known.at)) return known.set;
    throw unavailable(known ? 'keys_too_old' : 'no_keys');
  }

  const unavailable = (reason: string): Denial =>
    new Denial('issuer_unavailable', { reason, retryAfterMs: Math.max(0, (triedAt ?? 0) + COOLDOWN_MS - now()) });

  // Notices an outage, and its end, without anyone asking.
  const timer = setInterval(() => void renewIfDue(), COOLDOWN_MS).unref();
  void renewIfDue();

  return {
    async keys() {
      await renewIfDue();
      return current();
    },
    async newerThan(set) {
      if (known?.set === set) await renew();
      if (known?.set === set && failed) throw unavailable('no_newer_keys');
      return current();
    },
    ready: () => known !== null && within(STALE_MS, known.at),
    close() {
      clearInterval(timer);
      closing.abort(new Error('the issuer is not asked any more'));
    },
  };
}

/** Keys to encrypt with check nothing, nor do shared secrets: those are no business of a key set. */
const canVerify = (set: KeySet): boolean => set.jwks().keys.some(({ kty, use }) => kty !== 'oct' && use !== 'enc');

const noKeys = () =>
  new Fault(
    'oidc_invalid',
    'The token issuer publishes no key that signs, so no access token is accepted. Give it one, or correct admin.oidc.jwksUrl.',
  );

const asFault = (error: unknown): Fault =>
  error instanceof Fault
    ? error
    : new Fault('oidc_invalid', 'The keys of the token issuer cannot be used. Look at what it publishes.', {
        cause: error,
      });
