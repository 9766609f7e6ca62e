import type { Arrived } from './exchange.ts';

/** All values of a header, in order; `name` in lower case. */
export const headerValues = ({ headers }: Arrived, name: string): readonly string[] =>
  headers.filter(([key]) => key === name).map(([, value]) => value);
