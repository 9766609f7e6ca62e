/**
 * What keeps the alerts within bounds, whatever an attacker varies: a count over a sliding window, a map that forgets
 * the least recent, and a cool-down. None of them has a clock: they are told the time, in milliseconds since 1970.
 */

const SLOTS = 60;

interface Slot {
  /** Which one, counted since 1970. */
  readonly number: number;
  count: number;
}

/**
 * Counts what happened in a sliding window, in slots of a sixtieth of it. It looks back over the window and up to one
 * slot more, so it never counts too few. A clock that is put back by more than the window empties it.
 */
export class SlidingCount {
  readonly #slotMs: number;
  /** Those in which there was something, the oldest first: most sources are seen once and never again. */
  #slots: Slot[] = [];
  #total = 0;

  constructor(windowMs: number) {
    this.#slotMs = windowMs / SLOTS;
  }

  /** Counts one, and returns how many there are. */
  add(at: number): number {
    const number = this.#moveTo(at);
    const last = this.#slots.at(-1);
    if (last?.number === number) last.count += 1;
    else this.#slots.push({ number, count: 1 });
    this.#total += 1;
    return this.#total;
  }

  total(at: number): number {
    this.#moveTo(at);
    return this.#total;
  }

  /** Takes back what another counter of the same window has counted, and empties that one. */
  takeBack(other: SlidingCount, at: number): void {
    this.#moveTo(at);
    other.#moveTo(at);
    for (const { number, count } of other.#slots) {
      const slot = this.#slots.find((mine) => mine.number === number);
      // Less only if the clock was put back in between.
      const common = Math.min(count, slot?.count ?? 0);
      if (slot) slot.count -= common;
      this.#total -= common;
    }
    other.#clear();
  }

  /** Forgets what is too old, and returns the slot of this moment. */
  #moveTo(at: number): number {
    const number = Math.floor(at / this.#slotMs);
    const latest = this.#slots.at(-1)?.number ?? number;
    if (latest - number > SLOTS) this.#clear();
    else if (latest > number) return latest;
    while (this.#slots.length > 0 && this.#slots[0]!.number < number - SLOTS) this.#total -= this.#slots.shift()!.count;
    return number;
  }

  #clear(): void {
    this.#slots = [];
    this.#total = 0;
  }
}

/**
 * A map that remembers the entries that were asked for last: at least so many, and never twice as many. It keeps them in
 * two generations, and forgets the older one when the younger is full: a map that drops one entry for each new one
 * gets slow in a flood of new names.
 */
export class Recent<Value> {
  readonly #atLeast: number;
  #young = new Map<string, Value>();
  #old: ReadonlyMap<string, Value> = new Map();

  constructor(atLeast: number) {
    this.#atLeast = atLeast;
  }

  /** The value of a name, made if there is none. */
  get(name: string, make: () => Value): Value {
    const known = this.#young.get(name);
    if (known !== undefined) return known;
    const value = this.#old.get(name) ?? make();
    if (this.#young.size === this.#atLeast) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(name, value);
    return value;
  }

  *values(): Iterable<Value> {
    yield* this.#young.values();
    for (const [name, value] of this.#old) if (!this.#young.has(name)) yield value;
  }
}

/**
 * Lets one alert about a subject through, and the next about it only when some time has passed; and in that time no
 * more than so many about all subjects together.
 */
export class CoolDown {
  readonly #ms: number;
  readonly #most: number;
  /** When there was an alert, by subject, in order. */
  readonly #raised = new Map<string, number>();

  constructor(ms: number, most: number) {
    this.#ms = ms;
    this.#most = most;
  }

  /** Whether there may be an alert about this subject now. If so, it counts as raised. */
  start(subject: string, at: number): boolean {
    const since = this.#raised.get(subject);
    if (since !== undefined && this.#isFresh(since, at)) return false;
    this.#raised.delete(subject);
    if (this.#raised.size >= this.#most) this.#forget(at);
    if (this.#raised.size >= this.#most) return false;
    this.#raised.set(subject, at);
    return true;
  }

  #forget(at: number): void {
    for (const [subject, since] of this.#raised) {
      if (this.#isFresh(since, at)) return;
      this.#raised.delete(subject);
    }
  }

  /** A time that lies ahead comes from a clock that was put back since: that must not silence for longer. */
  #isFresh = (since: number, at: number): boolean => Math.abs(at - since) < this.#ms;
}
