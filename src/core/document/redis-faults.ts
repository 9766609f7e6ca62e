/** What can be the matter with a document in Redis, and what to do about it. */
import { Fault } from '../fault.ts';
import type { About } from './document.ts';

export const missing = ({ name, what, missing }: About): Fault | null =>
  missing === null ? null : new Fault(`${name}_missing`, `There is nothing in Redis about ${what}. ${missing}`);

const LOST = 'What is in force stays so here, until this instance is restarted';

export const gone = ({ name, what }: About): Fault =>
  new Fault(
    `${name}_missing`,
    `Redis has lost ${what}. ${LOST}. A change that this instance makes stores all of it again.`,
  );

export const rolledBack = ({ name, what }: About): Fault =>
  new Fault(
    `${name}_rolled_back`,
    `Redis has an older version of ${what}: it has lost changes. ${LOST}. A change that this instance makes stores all of it again; else make the lost changes again.`,
  );

export const unreachable = ({ name, what }: About, known: boolean, why: string): Fault =>
  new Fault(
    `${name}_unreachable`,
    `Redis cannot be asked about ${what}: ${why}. ${known ? 'What was read last is kept' : 'Nothing has been read yet'}. Bring Redis back, or correct REDIS_URL.`,
  );
