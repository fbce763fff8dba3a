/**
 * Whether two JSON values say the same; the order of keys says nothing.
 */

import type { Json } from './json.ts';

export function saysTheSame(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))];
  return left.length === right.size && left.every(([key, value]) => sameUnder(right, key, value));
}

function sameUnder(entries: ReadonlyMap<string, Json>, key: string, value: Json): boolean {
  const other = entries.get(key);
  return other !== undefined && saysTheSame(value, other);
}
