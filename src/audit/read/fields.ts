/** Takes a record apart, so that whatever an export has no place for is known. */
import type { Json, JsonObject } from '../../core/json.ts';
import type { AuditRecord } from '../format/chain.ts';

export interface Fields {
  /** The value of a field; undefined if the record does not have it, or it is null. */
  take(name: string): Json | undefined;
  /** The fields that have a value and were not taken. */
  rest(): JsonObject;
}

export function fieldsOf(record: AuditRecord): Fields {
  const taken = new Set<string>();
  return {
    take: (name) => {
      taken.add(name);
      return record[name] ?? undefined;
    },
    rest: () =>
      Object.fromEntries(Object.entries(record).filter(([name, value]) => value !== null && !taken.has(name))),
  };
}

/** An object of the members that have a value; undefined if none has. */
export function filled(members: Readonly<Record<string, Json | undefined>>): JsonObject | undefined {
  const entries = Object.entries(members).filter((entry): entry is [string, Json] => entry[1] !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
