/**
 * Ledgers for tests of what is decided on them: as if a plan had been executed.
 */

import type { Plan } from '../plan.ts';
import type { Resource, ResourceState } from '../resource.ts';

export function resourceOf(key: string, change: Partial<Resource> = {}): Resource {
  return {
    owner: 'deployment',
    key,
    generation: 1,
    kind: 'memory.network',
    region: 'here',
    state: 'present',
    providerId: `id of ${key}`,
    wanted: {},
    outputs: {},
    dependsOn: [],
    runId: 'run-1',
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    ...change,
  };
}

/** The ledger after a plan: every node in the state that is given for it. */
export function ledgerOf(plan: Plan, stateOf: (key: string) => ResourceState | undefined): Resource[] {
  return plan.nodes.flatMap(({ key, kind, region, dependsOn }) => {
    const state = stateOf(key);
    return state === undefined ? [] : [resourceOf(key, { kind, region, dependsOn, state })];
  });
}
