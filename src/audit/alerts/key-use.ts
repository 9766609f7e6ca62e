/** A key that is used as it is not usually: outside its hours, which refuse it, or far more than before. */
import { CoolDown, Recent } from './bounds.ts';
import { type Detector, HOUR_MS, type KeyLife, keyOf, MINUTE_MS, MOST_KEYS, MOST_SUBJECTS, whose } from './detector.ts';

/** One for each night at least, and not one an hour for a job that somebody left running over the weekend. */
const OUTSIDE_HOURS_MS = 12 * HOUR_MS;

/** What there is one of for every request, at its beginning or at its refusal. */
type Request = 'inference.admitted' | 'inference.denied';

/** The record of such a refusal has the id of the key: whose it is, and what its hours are, is looked up. */
export function outsideHours(keys: () => ReadonlyMap<string, KeyLife>): Detector<'inference.denied' | 'admin.denied'> {
  const coolDown = new CoolDown(OUTSIDE_HOURS_MS, MOST_SUBJECTS);
  return ({ reason, keyId }, at) => {
    const key = reason === 'outside_hours' && keyId !== null ? keys().get(keyId) : undefined;
    if (key?.hours === undefined || !coolDown.start(key.id, at)) return null;
    return { event: 'alert.outside_hours', ...whose(key), hours: key.hours };
  };
}

const WINDOW_MS = 5 * MINUTE_MS;
/** A key is judged when it has been used in so many windows: an hour of use. */
const ENOUGH_WINDOWS = 12;
/** The last four hours of use weigh most. */
const MEMORY_WINDOWS = 48;
/** Fewer requests in a window are never unusual: from 1 to 10 is nothing to wake anybody for. */
const LEAST_UNUSUAL = 50;
/** A window teaches twice the usual at most, so that an attack takes hours to become what is usual. */
const MOST_LEARNT = 2;

interface Habit {
  /** The window of the last request, counted since 1970. */
  window: number;
  count: number;
  /** Windows before in which the key was used, and the requests in such a one: their moving average. */
  windows: number;
  usual: number;
}

/**
 * Compares the requests of a key in five minutes with its own past. Windows in which it was not used teach nothing:
 * else every morning would be a jump from the night.
 * @param rateJumpFactor so many times the usual is unusual
 */
export function unusualRate(rateJumpFactor: number): Detector<Request> {
  const habits = new Recent<Habit>(MOST_KEYS);
  const coolDown = new CoolDown(HOUR_MS, MOST_SUBJECTS);
  return (event, at) => {
    const key = keyOf(event);
    if (!key) return null;
    const window = Math.floor(at / WINDOW_MS);
    const habit = habits.get(key.keyId, () => ({ window, count: 0, windows: 0, usual: 0 }));
    if (habit.window !== window) {
      learn(habit);
      habit.window = window;
      habit.count = 0;
    }
    habit.count += 1;
    const { count, windows, usual } = habit;
    if (windows < ENOUGH_WINDOWS || count < Math.max(LEAST_UNUSUAL, rateJumpFactor * usual)) return null;
    if (!coolDown.start(key.keyId, at)) return null;
    return { event: 'alert.unusual_rate', ...key, count, usual: Math.round(usual * 10) / 10, windowMs: WINDOW_MS };
  };
}

function learn(habit: Habit): void {
  const lesson = habit.windows < ENOUGH_WINDOWS ? habit.count : Math.min(habit.count, MOST_LEARNT * habit.usual);
  habit.windows += 1;
  // A plain average at first, so that the very first window does not outweigh the others.
  habit.usual += (lesson - habit.usual) / Math.min(habit.windows, MEMORY_WINDOWS);
}
