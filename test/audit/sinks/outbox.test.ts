import { rm } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openOutbox } from '../../../src/audit/sinks/outbox.ts';
import { damagedLog, upTo } from './delivering.ts';

test('what is lost is told before the place moves beyond it: a crash hides nothing', async () => {
  // Stretches of 600 damaged lines are longer than what is read at once.
  const runs = fc.array(fc.tuple(fc.boolean(), fc.constantFrom(1, 2, 30, 600)), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(runs, fc.boolean(), fc.boolean(), async (stretches, wanted, rotate) => {
      const damaged = stretches.flatMap(([bad, count]) => Array<boolean>(count).fill(bad));
      const log = await damagedLog(damaged.length, (seq) => damaged[seq - 1]!, rotate, false);
      const told = new Set<number>();
      const untold: number[] = [];
      let place = 1;
      const stop = new AbortController();
      const outbox = openOutbox({
        dir: log.dir,
        progress: log.progress,
        from: null,
        wants: () => wanted,
        onPlace({ next }) {
          for (; place < next; place++) if (damaged[place - 1] && !told.has(place)) untold.push(place);
          if (place > damaged.length) stop.abort();
        },
        onLost(fromSeq, toSeq) {
          for (const seq of upTo(toSeq, fromSeq)) told.add(seq);
        },
        onForeign: () => {},
        signal: stop.signal,
      });
      while (!stop.signal.aborted) {
        await outbox.fill();
        for (const line of [...outbox.lines]) outbox.done(line);
      }
      await outbox.close();
      expect(untold).toEqual([]);
      expect([...told]).toEqual(upTo(damaged.length).filter((seq) => damaged[seq - 1]));
      await rm(log.dir, { recursive: true });
    }),
    { numRuns: 40 },
  );
});
