import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { Denial } from '../../src/core/denial.ts';
import { Interruption, type Lapse } from '../../src/core/pipeline.ts';
import { liveExchanges } from '../../src/http/live.ts';

const socket = () => ({}) as Socket;
const lapse: Lapse = { what: 'key', since: 1, denial: new Denial('invalid_api_key') };

test('what has a lapsed condition is broken off, once, with the first lapse; the others go on', () => {
  const live = liveExchanges();
  const [cut, kept] = [live.begin(socket()), live.begin(socket())];
  let holds = true;
  let asked = 0;
  cut.conditions.push(
    () => null,
    () => {
      asked += 1;
      return holds ? null : lapse;
    },
  );
  kept.conditions.push(() => null);
  live.review();
  expect([cut.broken.signal.aborted, asked]).toEqual([false, 1]);
  holds = false;
  live.review();
  live.review();
  expect(cut.broken.signal.reason).toMatchObject({ ending: 'revoked', denial: lapse.denial, lapse });
  expect([kept.broken.signal.aborted, asked]).toEqual([false, 2]);
});

test('what is over is not broken off any more, and a drain waits for the last', async () => {
  const live = liveExchanges();
  const [one, two] = [socket(), socket()];
  const exchanges = [live.begin(one), live.begin(two)] as const;
  expect(live.running()).toBe(2);
  expect(live.interrupt(one, new Interruption('client_left', null))).toBe(true);
  exchanges[0].end();
  expect(live.interrupt(one, new Interruption('client_left', null))).toBe(false);
  const drained = live.drain(60_000);
  exchanges[1].end();
  await drained;
  expect([live.running(), exchanges[1].broken.signal.aborted]).toEqual([0, false]);
});

test('a drain breaks off what is left when its time is over', async () => {
  const live = liveExchanges();
  const { broken, end } = live.begin(socket());
  broken.signal.addEventListener('abort', end);
  await live.drain(1);
  expect(broken.signal.reason).toMatchObject({ ending: 'drained' });
});
