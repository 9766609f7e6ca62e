/** A file elsewhere, by the rule of a witness: as trustworthy as it is out of reach of those who run the gateway. */
import { History } from './history.ts';
import { Contradicted, type Keeper, Unconfirmed } from './keeper.ts';

/**
 * The file may be away, or be put away, while the gateway runs: so it is opened for each checkpoint. It is made if it is
 * missing, its directory is not: what is not mounted must not look as if it were kept. Nor is it made a second time.
 */
export function openFile(path: string): Keeper {
  let broken: Error | null = null;
  let begun = false;
  return {
    async confirm(checkpoint) {
      if (broken) throw broken;
      const history = await History.open(path, (newest) => {
        if (newest === null && begun) throw new Unconfirmed('witness_file_gone');
        if (newest && newest.origin !== checkpoint.origin) throw new Contradicted('witness_of_another_log');
      });
      try {
        const { verdict } = await history.judge(checkpoint);
        if (verdict === 'new') await history.append(checkpoint);
        else if (verdict !== 'known') throw new Contradicted(verdict);
        begun = true;
      } finally {
        broken = history.broken;
        await history.close();
      }
    },
    close: async () => {},
  };
}
