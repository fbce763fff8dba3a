/**
 * Ids short enough for a table, yet telling each from all others in it; commands take them as they take whole ids.
 */

/** Whole id → its shortest beginning that no other id in the list shares; at least eight characters. */
export function shortIds(ids: readonly string[]): Map<string, string> {
  const sorted = ids.toSorted();
  return new Map(
    sorted.map((id, index) => {
      const shared = Math.max(sharedStart(id, sorted[index - 1]), sharedStart(id, sorted[index + 1]));
      return [id, id.slice(0, Math.max(8, shared + 1)).replace(/-$/, '')];
    }),
  );
}

function sharedStart(a: string, b: string | undefined): number {
  if (b === undefined) return 0;
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
