import type { Json, JsonObject } from '../core/json.ts';
import { isObject } from '../core/json.ts';

/** Values made before the rest become null: schemas may refer to themselves. */
const BUDGET = 200;

const FORMATS = new Map(
  Object.entries({
    date: '2026-01-31',
    'date-time': '2026-01-31T12:00:00Z',
    time: '12:00:00Z',
    email: 'someone@example.com',
    hostname: 'host.example.com',
    ipv4: '192.0.2.1',
    ipv6: '2001:db8::1',
    uri: 'https://example.com/',
    uuid: '00000000-0000-4000-8000-000000000000',
  }),
);

/**
 * A value that suits a JSON Schema well enough to rehearse with: constants, enumerations, types, bounds, formats,
 * required members and local references are followed; `pattern` and conditions are not. Never fails.
 * @param name what the value is called; an unguided text says so
 */
export function exampleOf(schema: Json, name = 'value'): Json {
  let left = BUDGET;

  function make(node: Json | undefined, called: string): Json {
    if (!isObject(node) || left-- <= 0) return null;
    if (typeof node['$ref'] === 'string') return make(resolve(schema, node['$ref']), called);
    const given = [node['const'], node['default'], first(node['enum']), first(node['examples'])];
    const fixed = given.find((value) => value !== undefined);
    if (fixed !== undefined) return fixed;
    const variant = first(node['anyOf']) ?? first(node['oneOf']);
    if (variant !== undefined) return make(variant, called);
    if (Array.isArray(node['allOf'])) return merged(node['allOf'].map((part: Json) => make(part, called)));
    return ofType(node, called);
  }

  function ofType(node: JsonObject, called: string): Json {
    const type = first(node['type']) ?? node['type'] ?? (isObject(node['properties']) ? 'object' : 'string');
    if (type === 'object') return object(node);
    if (type === 'array') return 'items' in node ? [make(node['items'], called)] : [];
    if (type === 'boolean') return true;
    if (type === 'integer' || type === 'number') return number(node);
    return type === 'null' ? null : text(node, called);
  }

  function object(node: JsonObject): JsonObject {
    const properties = isObject(node['properties']) ? node['properties'] : {};
    const required = Array.isArray(node['required']) ? node['required'] : [];
    const names = Object.keys(properties).filter((key) => required.length === 0 || required.includes(key));
    return Object.fromEntries(names.map((key) => [key, make(properties[key], key)]));
  }

  return make(schema, name);
}

const first = (value: Json | undefined): Json | undefined => (Array.isArray(value) ? value[0] : undefined);

const merged = (values: readonly Json[]): Json =>
  values.every(isObject) ? Object.assign({}, ...values) : (values[0] ?? null);

function number(node: JsonObject): number {
  const bound = (key: string) => (typeof node[key] === 'number' ? node[key] : undefined);
  const above = bound('exclusiveMinimum');
  const least = bound('minimum') ?? (above === undefined ? undefined : above + 1);
  return Math.min(least ?? 1, bound('maximum') ?? Number.POSITIVE_INFINITY);
}

function text(node: JsonObject, called: string): string {
  const value = FORMATS.get(String(node['format'])) ?? `rehearsed ${called}`;
  return typeof node['maxLength'] === 'number' ? value.slice(0, node['maxLength']) : value;
}

/** Follows a reference inside the schema: a JSON Pointer (RFC 6901) after `#`. */
function resolve(root: Json, reference: string): Json | undefined {
  if (!reference.startsWith('#')) return undefined;
  let at: Json | undefined = root;
  for (const part of reference.slice(1).split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return at;
}
