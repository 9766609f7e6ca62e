/** What a request to a model server is about, picked out of it for the audit log and for whoever has to approve it. */
import { isObject, type Json } from '../core/json.ts';

/** Members that name a model, or where one comes from: those of llama.cpp, Ollama and vLLM. */
const NAMING = new Set(['model', 'name', 'source', 'destination', 'from', 'lora_name', 'lora_path']);
/** What a model, or a file with one, may be called. Of anything else only that it is there is written down. */
const UNREADABLE = '?';
const NAME = /^[a-zA-Z0-9./_][a-zA-Z0-9._:@/+-]{0,255}$/;
const LONGEST = 256;

/**
 * The names in a body, each once, in its order; null if it has none. Members are compared as Go's encoding/json does,
 * which Ollama reads with: `MODEL`, and with `ſ` for an s even `ſource`, is the same member to it.
 */
export function subjectOfBody(body: Json): string | null {
  if (!isObject(body)) return null;
  const names = Object.entries(body)
    .filter(([member]) => NAMING.has(folded(member)))
    .map(([, value]) => value)
    .filter((value) => typeof value === 'string')
    .map((value) => (NAME.test(value) ? value : UNREADABLE));
  return joined(names);
}

/** Upper case first: it is what `ſ` and `s` have in common. */
const folded = (member: string): string => member.toUpperCase().toLowerCase();

/**
 * What a target names: a model in its query, or what stands where the route has a parameter, such as the digest of a
 * blob; null if nothing is named. The catalogue has checked the target, so that nothing in it needs decoding.
 * @param route as in `POST /api/blobs/{digest}`
 */
export function subjectOfTarget({ route, target }: { readonly route: string; readonly target: string }): string | null {
  const [path = '', query = ''] = target.split('?');
  const parts = path.split('/');
  const inPath = route
    .slice(route.indexOf(' ') + 1)
    .split('/')
    .flatMap((part, i) => (part.startsWith('{') ? parts[i]! : []));
  const inQuery = query
    .split('&')
    .map((pair) => pair.split('='))
    .flatMap(([name = '', value = '']) => (NAMING.has(name) ? value : []));
  return joined([...inPath, ...inQuery]);
}

/** That something was cut off shows: whoever approves must not take a part for the whole. */
function joined(names: readonly string[]): string | null {
  if (names.length === 0) return null;
  const all = [...new Set(names)].join(', ');
  return all.length <= LONGEST ? all : `${all.slice(0, LONGEST - 1)}…`;
}
