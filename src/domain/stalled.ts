/**
 * When a node counts as stalled: it takes longer than nearly all of its kind ever took. That is no failure, it is a reason
 * for a person to look.
 */

import type { NewCondition } from './condition.ts';
import { type Durations, pastOf } from './estimate.ts';
import type { PlanNode } from './plan.ts';
import { spellDuration } from './spell-duration.ts';

/** Fewer past nodes than this say nothing about the slowest one in a hundred. */
const ENOUGH_HISTORY = 20;
/** Without history, so many times the estimate. */
export const STALL_FACTOR = 3;
/** What is usually done in a moment may take some seconds before anybody need look. */
export const LEAST_STALL_MS = 10_000;

export type StallSubject = Pick<PlanNode, 'region' | 'kind' | 'action' | 'estimateMs'>;

/** @returns milliseconds after which the node counts as stalled: the p99 of its past, or three times its estimate */
export function stallLimitMs(durations: Durations, node: StallSubject): number {
  const past = pastOf(durations, node);
  const limit = past && past.count >= ENOUGH_HISTORY ? past.p99 : node.estimateMs * STALL_FACTOR;
  return Math.max(limit, LEAST_STALL_MS);
}

/** Limits by `region kind action`, of all that has history enough. */
export function stallLimits(durations: Durations): Map<string, number> {
  const known = [...durations].filter(([, { count }]) => count >= ENOUGH_HISTORY);
  return new Map(known.map(([subject, { p99 }]) => [subject, Math.max(p99, LEAST_STALL_MS)]));
}

/** The oldest node of a deployment that is beyond its limit. */
export interface StalledNode {
  readonly key: string;
  /** RFC 3339. */
  readonly since: string;
  readonly limitMs: number;
}

/**
 * What is to be said of a deployment.
 * @param told what its condition says now; undefined when it does not say that it is stalled
 * @returns undefined when there is nothing new: the same node is not told of again, although its limit moves with history
 */
export function stalledCondition(node: StalledNode | undefined, told: string | undefined): NewCondition | undefined {
  if (!node) {
    const message = 'nothing takes longer than usual any more';
    return told === undefined ? undefined : { type: 'Stalled', status: 'False', reason: 'GoesOn', message };
  }
  if (told?.startsWith(`${node.key} `)) return undefined;
  const usual = spellDuration(node.limitMs);
  const message = `${node.key} is at work since ${node.since}, longer than the ${usual} that nearly all of its kind take`;
  return { type: 'Stalled', status: 'True', reason: 'TakesLong', message };
}
