/**
 * Finds what a misspelt name was probably meant to be.
 */

/** The nearest of the known names, if one is near enough to be meant; ties go to the first. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(name.length / 3));
  let best: { name: string; distance: number } | undefined;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance <= limit && distance < (best?.distance ?? Infinity)) best = { name: candidate, distance };
  }
  return best?.name;
}

/** Optimal string alignment: insert, delete, replace, or swap of neighbours, each costing one. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i++) rows.push(nextRow(rows, { a, b, i }));
  return rows[a.length]?.[b.length] ?? Infinity;
}

function nextRow(rows: readonly number[][], { a, b, i }: { a: string; b: string; i: number }): number[] {
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  const row = [i];
  for (let j = 1; j <= b.length; j++) {
    const same = a[i - 1] === b[j - 1];
    const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
    const costs = [at(i - 1, j) + 1, (row[j - 1] ?? Infinity) + 1, at(i - 1, j - 1) + (same ? 0 : 1)];
    if (swapped) costs.push(at(i - 2, j - 2) + 1);
    row.push(Math.min(...costs));
  }
  return row;
}
