import type { SidecarMatch } from './judgement.ts';

/**
 * In the order of texts and places. Matches of one kind that overlap become one that covers them all, under the rule of
 * the first, which is the leftmost and of those the longest: a redaction then leaves nothing between them. Matches of
 * different kinds are left as they are, for they may have different consequences.
 */
export function merged(matches: readonly SidecarMatch[]): SidecarMatch[] {
  const byKind = Map.groupBy(matches, ({ kind }) => kind);
  return [...byKind.values()].flatMap(united).sort(inOrder);
}

function united(alike: SidecarMatch[]): SidecarMatch[] {
  const kept: SidecarMatch[] = [];
  for (const match of alike.sort(inOrder)) {
    const last = kept.at(-1);
    if (last && last.text === match.text && match.start < last.end) {
      kept[kept.length - 1] = { ...last, end: Math.max(last.end, match.end) };
    } else {
      kept.push(match);
    }
  }
  return kept;
}

const inOrder = (a: SidecarMatch, b: SidecarMatch): number => a.text - b.text || a.start - b.start || b.end - a.end;
