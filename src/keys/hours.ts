/**
 * The hours in which a key may be used: days, a span of the day, and where the clock hangs.
 *
 *     mon-fri 08:00-18:00 Europe/Berlin
 *     mon,wed,sat-sun 22:00-06:00 America/New_York     until six in the morning of the day after
 *     mon-sun 00:00-24:00 UTC
 */
import { getOrAdd } from '../core/maps.ts';

interface Hours {
  /** By day of the week, Sunday first: whether a span begins on it. */
  readonly days: readonly boolean[];
  /** Minutes since midnight; `to` is excluded, and belongs to the next day if it is not after `from`. */
  readonly from: number;
  readonly to: number;
  readonly zone: string;
}

const WEEK = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const DAY = `(?:${WEEK.join('|')})`;
const DAYS = `${DAY}(?:-${DAY})?`;
const TIME = '(?:[01]\\d|2[0-3]):[0-5]\\d';
const FORMAT = new RegExp(`^(${DAYS}(?:,${DAYS}){0,6}) (${TIME})-(${TIME}|24:00) ([A-Za-z][A-Za-z0-9_+/-]{0,63})$`);

/** Whether a text says hours, in a time zone that is known here. */
export const areHours = (text: string): boolean => parse(text) !== null;

/**
 * Whether a moment lies within the hours, by the wall clock of their zone: where the clock is put back, the hour that
 * comes twice counts twice.
 * @param hours a text for which {@link areHours} is true; any other has no hours at all
 */
export function withinHours(hours: string, at: Date): boolean {
  const span = parse(hours);
  if (!span) return false;
  const { day, minute } = wallClock(span.zone, at);
  if (span.from < span.to) return span.days[day]! && minute >= span.from && minute < span.to;
  const yesterday = (day + 6) % 7;
  return (span.days[day]! && minute >= span.from) || (span.days[yesterday]! && minute < span.to);
}

/** As many as a busy gateway has keys with hours. Beyond, they are parsed once more. */
const MEMO_SIZE = 10_000;
const memo = new Map<string, Hours | null>();

function parse(text: string): Hours | null {
  const known = memo.get(text);
  if (known !== undefined) return known;
  const hours = parsed(text);
  if (memo.size >= MEMO_SIZE) memo.clear();
  memo.set(text, hours);
  return hours;
}

function parsed(text: string): Hours | null {
  const [, days, from, to, zone] = FORMAT.exec(text) ?? [];
  if (!days || !from || !to || !zone || from === to || !isZone(zone)) return null;
  return { days: daysOf(days), from: minutes(from), to: minutes(to), zone };
}

const minutes = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** `fri-mon` runs over the end of the week. */
function daysOf(text: string): boolean[] {
  const chosen = WEEK.map(() => false);
  for (const range of text.split(',')) {
    const [first, last = first] = range.split('-').map((day) => WEEK.indexOf(day));
    for (let day = first!; ; day = (day + 1) % 7) {
      chosen[day] = true;
      if (day === last) break;
    }
  }
  return chosen;
}

function isZone(zone: string): boolean {
  try {
    return wallClock(zone, new Date(0)).day >= 0;
  } catch {
    return false;
  }
}

interface Clock {
  readonly format: Intl.DateTimeFormat;
  /** What was told last, and for which minute since 1970. */
  epochMinute: number;
  shown: WallClock;
}
interface WallClock {
  /** 0 is Sunday. */
  readonly day: number;
  /** Since midnight. */
  readonly minute: number;
}

/** By zone: to ask Intl takes microseconds, and all offsets from UTC are whole minutes nowadays. */
const clocks = new Map<string, Clock>();

/** @throws RangeError if there is no such zone */
function wallClock(zone: string, at: Date): WallClock {
  const clock = getOrAdd(clocks, zone.toLowerCase(), () => ({
    format: new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    }),
    epochMinute: Number.NaN,
    shown: { day: 0, minute: 0 },
  }));
  const epochMinute = Math.floor(at.getTime() / 60_000);
  if (epochMinute !== clock.epochMinute) {
    const part = Object.fromEntries(clock.format.formatToParts(at).map(({ type, value }) => [type, value]));
    const minute = Number(part['hour']) * 60 + Number(part['minute']);
    clock.shown = { day: WEEK.indexOf(part['weekday']!.toLowerCase()), minute };
    clock.epochMinute = epochMinute;
  }
  return clock.shown;
}
