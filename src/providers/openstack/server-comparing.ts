/**
 * Comparing a server with what is wanted of it. Pure.
 *
 * A server that Nova is still changing is not compared: what it will be like is not known, and Nova refuses most orders
 * meanwhile. Metadata that others have set are theirs: only our own keys are compared.
 */

import type { Difference } from '../../domain/difference.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Observed } from '../../ports/driver.ts';

/** States at rest that are not the wanted one, and the action that leads out of each. */
export const WAY_TO_ACTIVE = {
  SHUTOFF: 'os-start',
  PAUSED: 'unpause',
  SUSPENDED: 'resume',
  RESCUE: 'unrescue',
  SHELVED: 'unshelve',
  SHELVED_OFFLOADED: 'unshelve',
} as const satisfies Readonly<Record<string, string>>;

/** @param outputs of the time when it was last right; they name the metadata that were ours then */
export function compareServer(wanted: JsonObject, observed: Observed, outputs: JsonObject): Difference[] {
  const status = String(observed['status']);
  if (status === 'ERROR' && !isBusy(observed)) return [difference('status', 'ACTIVE', sayError(observed), 'replace')];
  if (isBusy(observed) || !isAtRest(status)) return [];
  return [
    ...(status === 'ACTIVE' ? [] : [difference('status', 'ACTIVE', status)]),
    ...compareFlavor(wanted, observed),
    ...compareAddress(wanted, observed),
    ...compareGroups(wanted, observed),
    ...compareMetadata(wanted, observed, outputs),
    ...(wanted['name'] === observed['name'] ? [] : [difference('name', wanted['name'], observed['name'])]),
  ];
}

/** With Nova's own words, where it has any. */
function sayError(observed: Observed): string {
  const words = String(asObject(observed['fault'])['message'] ?? '').trim();
  return words === '' ? 'ERROR' : `ERROR: ${words}`;
}

function isBusy(observed: Observed): boolean {
  return observed['task_state'] !== undefined || observed['under_way'] !== undefined;
}

function isAtRest(status: string): boolean {
  return status === 'ACTIVE' || status === 'VERIFY_RESIZE' || status in WAY_TO_ACTIVE;
}

function difference(
  field: string,
  wanted: Json | undefined,
  actual: Json | undefined,
  fix: Difference['fix'] = 'update',
): Difference {
  return { field, wanted: wanted ?? null, actual: actual ?? null, fix };
}

/** Whether it has the size that is wanted, which may be named or given by its id. */
export function hasFlavor(wanted: JsonObject, { flavor, flavor_id }: Observed): boolean {
  const isUntold = flavor === undefined && flavor_id === undefined;
  return isUntold || wanted['flavor'] === flavor || wanted['flavor'] === flavor_id;
}

function compareFlavor(wanted: JsonObject, observed: Observed): Difference[] {
  if (hasFlavor(wanted, observed)) return [];
  return [difference('flavor', wanted['flavor'], observed['flavor'] ?? observed['flavor_id'])];
}

/** Without any address its interface was taken off, and another can be put on; a wrong address is another server's work. */
function compareAddress(wanted: JsonObject, observed: Observed): Difference[] {
  const fixed = wanted['fixed_ip'];
  const addresses = Object.values(observed['addresses'] ?? {}).flat() as Json[];
  if (addresses.length === 0) return [difference('interface', fixed ?? wanted['network_id'], null)];
  if (fixed === undefined || addresses.includes(fixed)) return [];
  return [difference('fixed_ip', fixed, addresses.join(', '), 'replace')];
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Nova lists groups by name; those wanted by id cannot be told, nor those of a network without port security. */
function compareGroups(wanted: JsonObject, observed: Observed): Difference[] {
  const groups = wantedGroups(wanted);
  const actual = observed['security_groups'];
  if (!Array.isArray(actual) || groups.some((group) => UUID.test(group))) return [];
  const names = namesOf(actual);
  if (groups.join('\n') === names.join('\n')) return [];
  return [difference('security_groups', groups, names)];
}

/** Sorted and without repetition; Nova gives `default` where nothing is asked for. */
export function wantedGroups(wanted: JsonObject): string[] {
  const groups = wanted['security_groups'];
  return Array.isArray(groups) && groups.length > 0 ? namesOf(groups) : ['default'];
}

function namesOf(groups: readonly Json[]): string[] {
  return [...new Set(groups.map(String))].toSorted();
}

function compareMetadata(wanted: JsonObject, observed: Observed, outputs: JsonObject): Difference[] {
  const actual = asObject(observed['metadata']);
  const ours = wantedMetadata(wanted, observed);
  const former = Array.isArray(outputs['metadata_keys']) ? outputs['metadata_keys'].map(String) : [];
  const wrong = Object.entries(ours).filter(([key, value]) => actual[key] !== value);
  const obsolete = former.filter((key) => !(key in ours) && key in actual);
  return [
    ...wrong.map(([key, value]) => difference(`metadata.${key}`, value, actual[key])),
    ...obsolete.map((key) => difference(`metadata.${key}`, null, actual[key])),
  ];
}

/** What was asked for, and the owner mark as it was observed to be due. */
export function wantedMetadata(wanted: JsonObject, observed: Observed): JsonObject {
  return { ...asObject(wanted['metadata']), ...asObject(observed['mark']) };
}

export function asObject(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}
