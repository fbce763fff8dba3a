/**
 * A plan as the contract shows it before anything is done.
 */

import type { ShownPlan } from '../contract/deployment.ts';
import { criticalPathMs, type Plan, type PlanNode } from '../domain/plan.ts';

export function showPlan({ nodes }: Plan): ShownPlan {
  return { nodes: nodes.map(showNode), total: nodes.length, estimated_ms: criticalPathMs(nodes) };
}

function showNode(node: PlanNode): ShownPlan['nodes'][number] {
  const { key, kind, region, dependsOn, estimateMs, estimateFrom, wanted, reason, changes = [] } = node;
  return {
    key,
    action: node.action,
    does: doesWhat(node),
    kind,
    region,
    depends_on: [...dependsOn],
    estimate_ms: estimateMs,
    estimate_from: estimateFrom,
    wanted,
    ...(reason === undefined ? {} : { reason }),
    ...(changes.length === 0 ? {} : { changes: [...changes] }),
  };
}

/** In the words of a person who reads a plan. */
export function doesWhat({ action, replaces }: PlanNode): ShownPlan['nodes'][number]['does'] {
  if (action === 'present') return replaces === undefined ? 'create' : 'replace';
  return ({ update: 'update in place', absent: 'delete', act: 'run' } as const)[action];
}
