/**
 * Comparing and changing what Neutron has. Pure, but for the one call. What differs of an object goes into one PUT, so
 * that it is never half changed.
 */

import { isDeepStrictEqual } from 'node:util';

import type { Difference } from '../../domain/difference.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { OwnerMark } from '../../domain/owner-mark.ts';
import { formatOwnerMark, parseOwnerMark, sameMark } from '../../domain/owner-mark.ts';
import type { Observed } from '../../ports/driver.ts';

export function differ(
  field: string,
  wanted: Json | undefined,
  actual: Json | undefined,
  fix: Difference['fix'] = 'update',
): Difference[] {
  if (isDeepStrictEqual(wanted ?? null, actual ?? null)) return [];
  return [{ field, wanted: wanted ?? null, actual: actual ?? null, fix }];
}

/** What all kinds have: a name, our mark, an administrative state, and a status in which only a new one helps. */
export function compareCommon(wanted: JsonObject, observed: Observed): Difference[] {
  if (observed['status'] === 'ERROR') return differ('status', 'ACTIVE', 'ERROR', 'replace');
  return [
    ...differ('name', wanted['name'], observed['name']),
    ...(observed['admin_state_up'] === false ? differ('admin_state_up', true, false) : []),
    ...(observed['due_mark'] === undefined
      ? []
      : differ('description', observed['due_mark'], observed['description'] ?? '')),
  ];
}

/** Longest description that Neutron takes. */
const LONGEST = 255;

/** The mark before whatever somebody wrote instead of it; nothing while it is there. */
export function dueMark(description: string | null | undefined, mark: OwnerMark): string | undefined {
  const found = parseOwnerMark(description);
  if (found && sameMark(found, mark)) return undefined;
  const words = found ? '' : (description ?? '');
  return `${formatOwnerMark(mark)} ${words}`.trim().slice(0, LONGEST);
}

/** The fields of a PUT that takes the differences away; `translate` knows those that Neutron names otherwise. */
export async function changesOf(
  differences: readonly Difference[],
  translate?: (difference: Difference) => Promise<JsonObject | undefined> | JsonObject | undefined,
): Promise<JsonObject> {
  const updates = differences.filter(({ fix }) => fix === 'update');
  const fields = await Promise.all(
    updates.map(async (each) => (await translate?.(each)) ?? { [each.field]: each.wanted }),
  );
  return Object.assign({}, ...fields) as JsonObject; // each of them is an object
}
