/**
 * Plans that remove what the ledger holds, each resource before those that it was built upon.
 */

import { estimateFor, type Durations } from './estimate.ts';
import type { Plan, PlanNode } from './plan.ts';
import type { Resource } from './resource.ts';

/** Removes every living resource of an owner: the plan of a delete. */
export function planDelete(ledger: readonly Resource[], durations: Durations): Plan {
  const living = ledger.filter((resource) => resource.state !== 'deleted');
  const dependents = dependentsOf(living);
  const nodes = living.map((resource): PlanNode => {
    const { key, kind, region } = resource;
    return {
      key,
      kind,
      region,
      action: 'absent',
      wanted: {},
      dependsOn: dependents.get(key) ?? [],
      ...estimateFor(durations, { region, kind, action: 'absent' }),
    };
  });
  return { nodes: nodes.toReversed(), failurePolicy: 'continue' };
}

/** Undoes one run: removes what that run brought into the ledger. */
export function planRollback(ledger: readonly Resource[], runId: string, durations: Durations): Plan {
  return planDelete(
    ledger.filter((resource) => resource.runId === runId),
    durations,
  );
}

/** Keys of the living resources that were built upon each key. */
function dependentsOf(living: readonly Resource[]): Map<string, string[]> {
  const dependents = new Map<string, string[]>();
  for (const { key, dependsOn } of living) {
    for (const foundation of dependsOn) dependents.set(foundation, [...(dependents.get(foundation) ?? []), key]);
  }
  return dependents;
}
