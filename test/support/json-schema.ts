/** As much of JSON Schema (draft 2020-12) as the program's own schemas use. A keyword it does not know is an error. */

type Schema = Readonly<Record<string, unknown>>;

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
  array: Array.isArray,
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};
const list = <Item>(value: unknown) => value as readonly Item[];

const KEYWORDS: Readonly<Record<string, (value: never, operand: never, schema: Schema) => boolean>> = {
  type: (value, types: string | string[]) => [types].flat().some((type) => TYPES[type]!(value)),
  const: (value, constant) => value === constant,
  enum: (value, values: unknown[]) => values.includes(value),
  pattern: (value, pattern: string) => typeof value !== 'string' || new RegExp(pattern, 'u').test(value),
  minimum: (value: number, least: number) => !(value < least),
  maximum: (value: number, most: number) => !(value > most),
  minItems: (value: unknown[], least: number) => !Array.isArray(value) || value.length >= least,
  maxItems: (value: unknown[], most: number) => !Array.isArray(value) || value.length <= most,
  prefixItems: (value: unknown[], schemas: Schema[]) =>
    !Array.isArray(value) || schemas.every((schema, i) => i >= value.length || conforms(value[i], schema)),
  items: (value: unknown[], items: Schema | false, { prefixItems }) => {
    if (!Array.isArray(value)) return true;
    const others = value.slice(prefixItems ? list(prefixItems).length : 0);
    return items === false ? others.length === 0 : others.every((item) => conforms(item, items));
  },
  required: (value: object, names: string[]) => !TYPES['object']!(value) || names.every((name) => name in value),
  properties: (value: Record<string, unknown>, schemas: Record<string, Schema>) =>
    !TYPES['object']!(value) ||
    Object.entries(schemas).every(([name, schema]) => !Object.hasOwn(value, name) || conforms(value[name], schema)),
  anyOf: (value, schemas: Schema[]) => schemas.some((schema) => conforms(value, schema)),
  oneOf: (value, schemas: Schema[]) => schemas.filter((schema) => conforms(value, schema)).length === 1,
  not: (value, schema: Schema) => !conforms(value, schema),
};
const ANNOTATIONS = ['$schema', 'title', 'description', 'format', 'contentEncoding', 'readOnly'];

export const conforms = (value: unknown, schema: Schema): boolean =>
  Object.entries(schema).every(([keyword, operand]) => {
    if (ANNOTATIONS.includes(keyword)) return true;
    const holds = KEYWORDS[keyword];
    if (!holds) throw new Error(`This check does not know the keyword ${keyword}.`);
    return holds(value as never, operand as never, schema);
  });
