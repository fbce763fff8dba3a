/**
 * A resource: one real thing that we own, as the ledger knows it.
 */

import type { Json, JsonObject } from './json.ts';

export type ResourceState =
  /** Intent is recorded; the outside call may or may not have happened. */
  | 'creating'
  /** It exists and is ready. */
  | 'present'
  /** It exists, and a change of it was decided; it may be as before, in between, or as wanted. */
  | 'updating'
  /** Its removal was decided; it may still exist. */
  | 'deleting'
  /** It is gone. Kept as history. */
  | 'deleted';

export interface Resource {
  readonly owner: string;
  readonly key: string;
  readonly generation: number;
  /** Driver kind, for example `openstack.server`. */
  readonly kind: string;
  readonly region: string;
  readonly state: ResourceState;
  /** The cloud's own id, once known. */
  readonly providerId: string | null;
  /** What was asked for, with references to other resources already resolved. */
  readonly wanted: JsonObject;
  /** Facts reported by the driver when it was ready; other resources refer to them. */
  readonly outputs: JsonObject;
  /** Keys of the resources that this one was built upon; it is deleted before them. */
  readonly dependsOn: readonly string[];
  /** Run that recorded the intent. */
  readonly runId: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** A reference inside `wanted` to a fact of another resource of the same owner: its `id` or one of its outputs. */
export interface OutputReference {
  readonly $output: readonly [key: string, name: string];
}

export function outputOf(key: string, name: string): OutputReference & JsonObject {
  return { $output: [key, name] };
}

/** Exactly what `outputOf` makes: a user's own metadata may have a key of the same name, with a text as its value. */
function isOutputReference(value: JsonObject): value is OutputReference & JsonObject {
  const reference = value['$output'];
  return Array.isArray(reference) && reference.length === 2 && Object.keys(value).length === 1;
}

/**
 * Replaces every reference in a wanted state by the fact it names.
 * @throws Error when a referred resource or fact is not there: a planner's bug, never a user's fault.
 */
export function resolveReferences(wanted: JsonObject, known: (key: string) => Resource | undefined): JsonObject {
  const resolve = (value: Json): Json => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(resolve);
    const object = value as JsonObject; // no list, see above
    if (isOutputReference(object)) return lookUp(object.$output, known);
    return Object.fromEntries(Object.entries(object).map(([k, v]) => [k, resolve(v)]));
  };
  return resolve(wanted) as JsonObject; // an object maps to an object
}

/** As `resolveReferences`, but a reference whose fact is not known yet stays. */
export function tryResolve(wanted: JsonObject, known: (key: string) => Resource | undefined): JsonObject {
  const fields = Object.entries(wanted).map(([field, value]): [string, Json] => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [field, value];
    const object = value as JsonObject; // no list, see above
    if (!isOutputReference(object)) return [field, tryResolve(object, known)];
    const [key, name] = object.$output;
    const resource = known(key);
    return [field, (name === 'id' ? resource?.providerId : resource?.outputs[name]) ?? object];
  });
  return Object.fromEntries(fields);
}

function lookUp([key, name]: readonly [string, string], known: (key: string) => Resource | undefined): Json {
  const resource = known(key);
  const value = name === 'id' ? resource?.providerId : resource?.outputs[name];
  if (value === undefined || value === null) throw new Error(`plan refers to ${name} of ${key}, which is not known`);
  return value;
}
