import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CoolDown, Recent, SlidingCount } from '../../../src/audit/alerts/bounds.ts';
import { HOUR, MINUTE, SECOND, START } from './make.ts';

describe('a sliding count', () => {
  it('counts all of the last minute, and nothing that is older than a second more', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 20 * SECOND }), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (steps) => {
        const counter = new SlidingCount(MINUTE);
        const times: number[] = [];
        let at = START;
        for (const step of steps) {
          at += step;
          times.push(at);
          const count = counter.add(at);
          const last = (ms: number) => times.filter((time) => time > at - ms).length;
          expect(count).toBeGreaterThanOrEqual(last(MINUTE));
          expect(count).toBeLessThanOrEqual(last(MINUTE + SECOND));
        }
      }),
    );
  });

  it('takes back what it shares with another, whatever came in between and whatever the clock did', () => {
    const step = fc.tuple(fc.constantFrom('mine', 'shared', 'back'), fc.integer({ min: -90_000, max: 20_000 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.boolean(), (steps, forward) => {
        const [all, shared, mine] = [1, 2, 3].map(() => new SlidingCount(MINUTE)) as [
          SlidingCount,
          SlidingCount,
          SlidingCount,
        ];
        let at = START;
        for (const [what, ms] of steps) {
          at += forward ? Math.abs(ms) : ms;
          if (what === 'back') all.takeBack(shared, at);
          else {
            all.add(at);
            (what === 'mine' ? mine : shared).add(at);
          }
          const total = all.total(at);
          expect(total).toBeGreaterThanOrEqual(0);
          expect(total).toBeLessThanOrEqual(steps.length);
          if (forward) expect(total).toBe(mine.total(at) + shared.total(at));
        }
        at += 10 * HOUR;
        expect(all.total(at)).toBe(0);
      }),
    );
  });
});

describe('a map of the most recent', () => {
  it('remembers the last thousand, and less than two thousand', () => {
    const recent = new Recent<number>(1000);
    let largest = 0;
    const wrong: number[] = [];
    recent.get('kept', () => -1);
    for (let i = 0; i < 10_000; i++) {
      if (recent.get(`${i}`, () => i) !== i) wrong.push(i);
      if (i % 900 === 0 && recent.get('kept', () => -2) !== -1) wrong.push(i);
      if (i % 100 === 99) largest = Math.max(largest, [...recent.values()].length);
    }
    for (let i = 9100; i < 10_000; i++) if (recent.get(`${i}`, () => -2) !== i) wrong.push(i);
    expect(wrong).toEqual([]);
    expect(largest).toBeLessThan(2000);
    expect(recent.get('7000', () => -2)).toBe(-2);
  });

  it('shows each value once', () => {
    const recent = new Recent<string>(3);
    for (const name of ['a', 'b', 'c', 'd', 'a']) recent.get(name, () => name);
    expect([...recent.values()].sort()).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('a cool-down', () => {
  it('is never broken by a subject, nor by all of them together', () => {
    const call = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: HOUR / 4 }));
    fc.assert(
      fc.property(fc.array(call, { minLength: 50, maxLength: 200 }), (calls) => {
        const coolDown = new CoolDown(HOUR, 4);
        const through: { subject: number; at: number }[] = [];
        let at = START;
        for (const [subject, step] of calls) {
          at += step;
          const fresh = through.filter((earlier) => at - earlier.at < HOUR);
          const expected = fresh.length < 4 && fresh.every((earlier) => earlier.subject !== subject);
          expect(coolDown.start(`${subject}`, at)).toBe(expected);
          if (expected) through.push({ subject, at });
        }
      }),
    );
  });

  it('does not last longer because the clock was put back', () => {
    const coolDown = new CoolDown(HOUR, 1);
    expect(coolDown.start('a', START)).toBe(true);
    expect(coolDown.start('a', START - HOUR / 2)).toBe(false);
    expect(coolDown.start('a', START - 2 * HOUR)).toBe(true);
  });
});
