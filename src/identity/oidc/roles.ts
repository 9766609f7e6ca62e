/** From the claims of a token to the roles of a person. */
import type { Role } from '../../core/exchange.ts';
import { isObject } from '../../core/json.ts';

/**
 * The roles that a claim stands for, each once. Values that stand for none are ignored.
 * @param path  name of the claim; dots lead into objects, unless a name has them itself
 * @param roles  which value stands for which role
 */
export function rolesOf(claims: unknown, path: string, roles: Readonly<Record<string, Role>>): readonly Role[] {
  const found = valuesOf(claimAt(claims, path)).flatMap((value) =>
    Object.hasOwn(roles, value) ? [roles[value]!] : [],
  );
  return [...new Set(found)];
}

/** Names may contain dots: `https://corp.example/roles`. So the longest name that is there is the one that is meant. */
function claimAt(value: unknown, path: string): unknown {
  if (!isObject(value)) return undefined;
  if (Object.hasOwn(value, path)) return value[path];
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const name = path.slice(0, dot);
    const inner = Object.hasOwn(value, name) ? claimAt(value[name], path.slice(dot + 1)) : undefined;
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** A text is one value, and also several with spaces between them, as `scope` has it (RFC 9068 §2.2.3). */
function valuesOf(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return [claim, ...claim.split(' ')];
  return Array.isArray(claim) ? claim.filter((value) => typeof value === 'string') : [];
}
