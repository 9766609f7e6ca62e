/** One row of a catalogue: a route of a model server, and who may have it. */

export const TAGS = ['inference', 'read', 'model-admin', 'never'] as const;
export type Tag = (typeof TAGS)[number];

export const METHODS = ['GET', 'HEAD', 'POST', 'DELETE'] as const;
export type Method = (typeof METHODS)[number];

export interface CatalogueRoute {
  readonly method: Method;
  /** As the server's router has it. `{name}` stands for one segment (match.ts). */
  readonly path: string;
  readonly tag: Tag;
  /** How a request's body travels: `json` is read first, `stream` is not held. */
  readonly body: 'none' | 'json' | 'stream';
  /** Whether it takes something away, or gives something away, that cannot be put back. */
  readonly destructive: boolean;
  /** Names that may stand in the query. */
  readonly query: readonly string[];
  /** What it does, and why it has its tag. */
  readonly about: string;
}

export interface Catalogue {
  /** The day of the last change to the rows, as in `2026-11-21`. */
  readonly version: string;
  /** Which releases or commits of the server were read. */
  readonly server: string;
  /** Where the routes are registered there. */
  readonly sources: readonly string[];
  readonly routes: readonly CatalogueRoute[];
}

type Details = Partial<Pick<CatalogueRoute, 'body' | 'destructive' | 'query'>>;
type Row = (name: `${Method} /${string}`, about: string, details?: Details) => CatalogueRoute;

/** A POST has a JSON body and nothing else has one, unless a row says otherwise. */
const tagged =
  (tag: Tag): Row =>
  (name, about, details) => {
    const [method, path] = name.split(' ') as [Method, string];
    const body = method === 'POST' ? 'json' : 'none';
    return { method, path, tag, body, destructive: false, query: [], about, ...details };
  };

/** Makes or reads what a model says, or sees prompts: belongs to the inference listener, behind the guards. */
export const inference = tagged('inference');
/** Tells about models and the state of the server, without prompts. */
export const read = tagged('read');
/** Changes which models there are, or how they are loaded. */
export const modelAdmin = tagged('model-admin');
/** Not for anyone through the gateway. */
export const never = tagged('never');
