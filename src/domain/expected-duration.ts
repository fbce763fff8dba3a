/**
 * How long a plan will take, at best guess and at worst: per node the median and the 90th percentile of past nodes of its
 * kind, region and action, and for the whole plan its critical path through either.
 */

import type { Durations } from './estimate.ts';
import { type PlanNode, criticalPathMs } from './plan.ts';

export interface NodeDuration {
  /** Null: there is no history. */
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
  /** How many past nodes it comes from. */
  readonly samples: number;
}

export interface PlanDuration {
  /** With the usual duration in place of a node without history. */
  readonly p50Ms: number;
  /** As if every node took its 90th percentile; null when a node has no history. */
  readonly p90Ms: number | null;
  /** `kind action` of the nodes without history. */
  readonly withoutHistory: readonly string[];
}

export function nodeDuration(node: PlanNode, durations: Durations): NodeDuration {
  const past = pastOf(node, durations);
  if (!past) return { p50Ms: null, p90Ms: null, samples: 0 };
  return { p50Ms: Math.round(past.p50), p90Ms: Math.round(past.p90), samples: past.count };
}

export function planDuration(nodes: readonly PlanNode[], durations: Durations): PlanDuration {
  const unknown = nodes.filter((node) => !pastOf(node, durations));
  const worst = nodes.map((node) => ({ ...node, estimateMs: pastOf(node, durations)?.p90 ?? 0 }));
  return {
    p50Ms: criticalPathMs(nodes),
    p90Ms: unknown.length > 0 ? null : Math.round(criticalPathMs(worst)),
    withoutHistory: [...new Set(unknown.map(({ kind, action }) => `${kind} ${action}`))].toSorted(),
  };
}

function pastOf({ region, kind, action }: PlanNode, durations: Durations): ReturnType<Durations['get']> {
  return durations.get(`${region} ${kind} ${action}`);
}
