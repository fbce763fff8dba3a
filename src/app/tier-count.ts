/**
 * Where the size of a tier is written down: in the parameter that the template gives every tier of its own, or, for a tier
 * that a patch added, in the overrides.
 */

import type { Target } from '../domain/deployment.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { composePatches } from '../domain/merge-patch.ts';
import { tierCountParameters } from '../domain/merge-template.ts';
import type { Template } from '../domain/template.ts';

type Wanted = Pick<Target, 'parameters' | 'overrides'>;

export function withTierCount(wanted: Wanted, template: Template, tier: string, count: number): Wanted {
  const parameter = `${tier}_count`;
  if (!tierCountParameters(template.body).includes(parameter)) {
    return { ...wanted, overrides: composePatches(wanted.overrides, { vm_config: { [tier]: { count } } }) };
  }
  return {
    parameters: { ...wanted.parameters, [parameter]: count },
    overrides: withoutOverride(wanted.overrides, tier),
  };
}

/** The parameter counts from now on, not what an earlier patch said. */
function withoutOverride(overrides: JsonObject, tier: string): JsonObject {
  const tiers = objectIn(overrides['vm_config']);
  const patch = tiers && objectIn(tiers[tier]);
  if (!patch || !('count' in patch)) return overrides;
  const { count: _, ...rest } = patch;
  return { ...overrides, vm_config: { ...tiers, [tier]: rest } };
}

function objectIn(value: Json | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}
