/**
 * When a node counts as stalled: it takes longer than nearly all of its kind ever took. That is no failure, it is a reason
 * for a person to look.
 */

import { type Durations, pastOf } from './estimate.ts';
import type { PlanNode } from './plan.ts';

/** Fewer past nodes than this say nothing about the slowest one in a hundred. */
const ENOUGH_HISTORY = 20;
const WITHOUT_HISTORY = 3;
/** What is usually done in a moment may take some seconds before anybody need look. */
export const LEAST_STALL_MS = 10_000;

export type StallSubject = Pick<PlanNode, 'region' | 'kind' | 'action' | 'estimateMs'>;

/** @returns milliseconds after which the node counts as stalled: the p99 of its past, or three times its estimate */
export function stallLimitMs(durations: Durations, node: StallSubject): number {
  const past = pastOf(durations, node);
  const limit = past && past.count >= ENOUGH_HISTORY ? past.p99 : node.estimateMs * WITHOUT_HISTORY;
  return Math.max(limit, LEAST_STALL_MS);
}
