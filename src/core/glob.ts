/** Whether `name` matches `pattern`, where `*` stands for any run of characters and everything else for itself. */
export function globMatches(pattern: string, name: string): boolean {
  const [head = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return name === pattern;
  if (!name.startsWith(head)) return false;
  const tail = rest.pop()!;
  let at = head.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - tail.length >= at && name.endsWith(tail);
}

export const anyGlobMatches = (patterns: readonly string[], name: string): boolean =>
  patterns.some((pattern) => globMatches(pattern, name));
