/** An output whose reader takes what it is told to take. */
export function stuckOutput() {
  let waiting: string[] = [];
  let read = '';
  return {
    output: {
      get writableLength() {
        return waiting.reduce((sum, text) => sum + text.length, 0);
      },
      write(text: string | Uint8Array) {
        waiting.push(String(text));
        return false;
      },
    },
    /** The reader takes everything that waits. */
    takeAll(): void {
      read += waiting.join('');
      waiting = [];
    },
    text: () => read,
  };
}
