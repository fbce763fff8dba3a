/**
 * JSON merge patches (RFC 7396): applying one to a value, and putting a later one on top of an earlier one.
 */

import type { Json, JsonObject } from './json.ts';

/** A field with null is taken away; everything else is merged. */
export function applyPatch(target: JsonObject, patch: JsonObject): JsonObject {
  const result: Record<string, Json> = { ...target };
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete result[field];
    else result[field] = isObject(value) ? applyPatch(asObject(result[field]), value) : value;
  }
  return result;
}

/** One patch that does what both do, one after the other. A null stays: it takes away what the target has. */
export function composePatches(earlier: JsonObject, later: JsonObject): JsonObject {
  const result: Record<string, Json> = { ...earlier };
  for (const [field, value] of Object.entries(later)) {
    const before = result[field] ?? null;
    result[field] = isObject(value) && isObject(before) ? composePatches(before, value) : value;
  }
  return result;
}

function asObject(value: Json | undefined): JsonObject {
  return value !== undefined && isObject(value) ? value : {};
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
