import type { Evidence } from '../audit/evidence.ts';
import { admittedRecord } from '../audit/record.ts';
import type { Admitted, Reserved } from '../core/exchange.ts';
import type { Stage } from '../core/pipeline.ts';

/** The intent is on disk before the model server hears of the request; if it cannot be written, it never will. */
export const admit = (audit: Pick<Evidence, 'admit'>): Stage<Reserved, Admitted> => ({
  name: 'admit',
  run: async (x) => ({ ...x, intentSeq: await audit.admit(admittedRecord(x)) }),
});
