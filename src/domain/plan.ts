/**
 * A plan: a finite DAG of actions on resources. It is data (printable, storable, comparable) and is made by pure
 * functions from what is wanted and what is known. Executors obey it and decide nothing.
 */

import type { Uses } from './feasibility.ts';
import type { Json, JsonObject } from './json.ts';

export const NODE_ACTIONS = [
  /** The resource exists and is ready afterwards. */
  'present',
  /** The resource, which stands, is as wanted afterwards. */
  'update',
  /** The resource is gone afterwards. */
  'absent',
  /** Something was done that leaves nothing to own. */
  'act',
] as const;
export type NodeAction = (typeof NODE_ACTIONS)[number];

/** One field that a change sets: what it is now and what it will be; null where there is nothing. */
export interface FieldChange {
  readonly field: string;
  readonly from: Json;
  readonly to: Json;
}

export interface PlanNode {
  /** Key of the resource; unique within the plan. */
  readonly key: string;
  readonly action: NodeAction;
  /** Driver kind, for example `openstack.server`. */
  readonly kind: string;
  readonly region: string;
  /** Wanted state for `present`; may hold references to outputs of nodes it depends on. */
  readonly wanted: JsonObject;
  /** The generation that stands under this key and has to go first; the next one takes its place. */
  readonly replaces?: number;
  /** Why this is done to something that stands. */
  readonly reason?: string;
  /** What it changes, for `update` and for a replacement. */
  readonly changes?: readonly FieldChange[];
  /** Fields in which it may differ from what is wanted, for `update`: a person accepted that. */
  readonly leave?: readonly string[];
  /** Keys of the nodes of this plan that must be done first. */
  readonly dependsOn: readonly string[];
  /** Keys of the resources that it stands on, where those are not `dependsOn`: they may stand already. */
  readonly builtUpon?: readonly string[];
  /** What it will take of the region's quotas. */
  readonly uses?: Uses;
  /** Expected duration in milliseconds. */
  readonly estimateMs: number;
  /** Where the estimate comes from: past runs of this kind and region, or the driver's own guess. */
  readonly estimateFrom: 'history' | 'default';
}

export type FailurePolicy =
  /** Undo what this run made. */
  | 'rollback'
  /** Leave everything as it is and wait for a person. */
  | 'hold'
  /** Go on with all nodes that do not depend on the failed one. */
  | 'continue';

export const FAILURE_POLICIES: readonly FailurePolicy[] = ['rollback', 'hold', 'continue'];

export interface Plan {
  readonly nodes: readonly PlanNode[];
  readonly failurePolicy: FailurePolicy;
}

/**
 * Nodes in an order in which each comes after all that it depends on; otherwise the plan's own order is kept, because
 * the order of starting decides which call a region's limiter lets through first.
 * @throws Error for a cycle, a duplicate key or an unknown predecessor: a planner's bug.
 */
export function inDependencyOrder<N extends { key: string; dependsOn: readonly string[] }>(nodes: readonly N[]): N[] {
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  if (byKey.size !== nodes.length) throw new Error('plan has two nodes with the same key');
  const ordered: N[] = [];
  const state = new Map<string, 'open' | 'closed'>();
  const visit = (key: string, from: string): void => {
    const node = byKey.get(key);
    if (!node) throw new Error(`plan node ${from} depends on ${key}, which is not in the plan`);
    if (state.get(key) === 'closed') return;
    if (state.get(key) === 'open') throw new Error(`plan has a cycle through ${key}`);
    state.set(key, 'open');
    for (const predecessor of node.dependsOn) visit(predecessor, key);
    state.set(key, 'closed');
    ordered.push(node);
  };
  for (const node of nodes) visit(node.key, node.key);
  return ordered;
}

/** Expected duration of the whole plan in milliseconds: its critical path, given unlimited parallelism. */
export function criticalPathMs(nodes: readonly PlanNode[]): number {
  const endOf = new Map<string, number>();
  for (const node of inDependencyOrder(nodes)) {
    const start = Math.max(0, ...node.dependsOn.map((key) => endOf.get(key) ?? 0));
    endOf.set(node.key, start + node.estimateMs);
  }
  return Math.max(0, ...endOf.values());
}
