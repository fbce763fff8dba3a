/**
 * When each node of a plan is expected to start and end, and which predecessor it will be waiting for last: the facts
 * that the plan's picture is drawn from. Assumes, as the plan's own estimate does, that nothing limits parallelism.
 */

import type { PlanNode } from '../../../contract/deployment.ts';

export interface ScheduledNode {
  readonly node: PlanNode;
  /** Milliseconds after the start of the run. */
  readonly startMs: number;
  readonly endMs: number;
  readonly children: ScheduledNode[];
}

export interface Schedule {
  /** Of a tree in which every node hangs under the predecessor that is done last. */
  readonly roots: readonly ScheduledNode[];
  /** Every node, after those that it depends on. */
  readonly all: readonly ScheduledNode[];
}

export function schedulePlan(nodes: readonly PlanNode[]): Schedule {
  const placed = new Map<string, ScheduledNode>();
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  const roots: ScheduledNode[] = [];

  const place = (node: PlanNode): ScheduledNode => {
    const known = placed.get(node.key);
    if (known) return known;
    const before = node.depends_on
      .map((key) => byKey.get(key))
      .filter((found) => found !== undefined)
      .map(place);
    const last = before.reduce<ScheduledNode | undefined>(laterEnd, undefined);
    const startMs = last?.endMs ?? 0;
    const scheduled = { node, startMs, endMs: startMs + node.estimate_ms, children: [] };
    placed.set(node.key, scheduled);
    (last?.children ?? roots).push(scheduled);
    return scheduled;
  };
  for (const node of nodes) place(node);
  return { roots, all: [...placed.values()] };
}

function laterEnd(latest: ScheduledNode | undefined, next: ScheduledNode): ScheduledNode {
  return latest === undefined || next.endMs >= latest.endMs ? next : latest;
}
