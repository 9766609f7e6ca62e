/**
 * Loaded into a gateway before its own code (`NODE_OPTIONS=--import=…`): at each SIGUSR2 the clock of this one process is
 * put forward by CLOCK_STEP_MS, which is then said on stderr. Timers go on as before.
 */
const step = Number(process.env['CLOCK_STEP_MS']);
const RealDate = Date;
let ahead = 0;

globalThis.Date = class extends RealDate {
  constructor(...given: [] | [string | number | Date]) {
    if (given.length === 0) super(RealDate.now() + ahead);
    else super(...given);
  }
  static override now = (): number => RealDate.now() + ahead;
} as DateConstructor;

process.on('SIGUSR2', () => {
  ahead += step;
  process.stderr.write(`{"clock":${ahead}}\n`);
});
