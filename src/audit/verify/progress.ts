/** How far a verification has come. */
import { stat } from 'node:fs/promises';

export interface VerifyProgress {
  /** Reading what was kept, reading the log, or reading it again to find out what happened to it. */
  readonly step: 'checkpoints' | 'log' | 'damage';
  readonly bytes: number;
  readonly totalBytes: number;
  /** Lines of the log that were read in this step. */
  readonly lines: number;
}

export type Report = (progress: VerifyProgress) => void;

/** Adds up what a step reads of some files. */
export async function reporting(step: VerifyProgress['step'], files: readonly string[], report: Report | undefined) {
  if (!report) return {};
  // A file that cannot be found has no size; whoever reads it says so.
  const sizes = await Promise.all(
    files.map((file) =>
      stat(file)
        .then(({ size }) => size)
        .catch(() => 0),
    ),
  );
  const totalBytes = sizes.reduce((sum, size) => sum + size, 0);
  let bytes = 0;
  let lines = 0;
  return {
    report: (moreBytes: number, moreLines = 0) => {
      bytes += moreBytes;
      lines += moreLines;
      report({ step, bytes, totalBytes, lines });
    },
  };
}
