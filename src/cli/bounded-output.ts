/**
 * Standard output and error of a process that has to go on though nobody reads them: what a pipe does not take Node
 * keeps in memory, however much it is, and a write that is synchronous waits for ever.
 */

/** Writes the text as a whole, or returns false: too much waits to be read already. */
export type BoundedOutput = (text: string) => boolean;

/**
 * @param stream `process.stdout` or `process.stderr`
 * @param most characters that may wait; then nothing is written until half of them are read
 */
export function boundedOutput(
  stream: Pick<NodeJS.WriteStream, 'write' | 'writableLength'>,
  most: number,
): BoundedOutput {
  let full = false;
  return (text) => {
    full = stream.writableLength > (full ? most / 2 : most);
    if (!full) stream.write(text);
    return !full;
  };
}
