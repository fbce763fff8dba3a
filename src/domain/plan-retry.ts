/**
 * The plan of a retry: the same plan again. What is ready stays as it is; what was begun and not finished is broken or
 * unknown, and is made anew.
 */

import type { Plan } from './plan.ts';
import type { Resource } from './resource.ts';

export function planRetry(plan: Plan, ledger: readonly Resource[]): Plan {
  const unfinished = new Set(
    ledger.filter((resource) => resource.state === 'creating').map((resource) => resource.key),
  );
  return {
    ...plan,
    nodes: plan.nodes.map((node) => (unfinished.has(node.key) ? { ...node, renew: true } : node)),
  };
}
