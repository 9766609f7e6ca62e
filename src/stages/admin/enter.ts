import { adminAdmittedRecord } from '../../audit/admin-record.ts';
import type { Evidence } from '../../audit/evidence.ts';
import type { Entered, Understood } from '../../core/exchange.ts';
import type { Stage } from '../../core/pipeline.ts';

/** The intent is on disk before anything is done; if it cannot be written, nothing is. */
export const enter = (audit: Pick<Evidence, 'admit'>): Stage<Understood, Entered> => ({
  name: 'enter',
  run: async (x) => ({ ...x, intentSeq: await audit.admit(adminAdmittedRecord(x)) }),
});
