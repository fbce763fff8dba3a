/**
 * How long a node will take: the median of past nodes of the same kind, action and region; without history, a default.
 */

import type { NodeAction, PlanNode } from './plan.ts';

/** Percentiles of past durations in milliseconds, by `region kind action`. */
export type Durations = ReadonlyMap<string, PastDurations>;

export interface PastDurations {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  /** How many nodes they are taken from. */
  readonly count: number;
}

interface Subject {
  readonly region: string;
  readonly kind: string;
  readonly action: NodeAction;
}

/** Typical durations on a real cloud, used until there is history; by noun, which all providers share. */
const DEFAULT_MS: Readonly<Record<string, Readonly<Partial<Record<NodeAction, number>>>>> = {
  network: { present: 1_000, update: 1_000, absent: 1_000 },
  subnet: { present: 1_000, update: 1_000, absent: 1_000 },
  router: { present: 2_000, update: 2_000, absent: 2_000 },
  'router-interface': { present: 3_000, absent: 2_000 },
  server: { present: 30_000, update: 30_000, absent: 10_000 },
  playbook: { act: 120_000 },
};
const UNKNOWN_KIND_MS = 10_000;

/** What is known of past nodes like this one. */
export function pastOf(durations: Durations, { region, kind, action }: Subject): PastDurations | undefined {
  return durations.get(`${region} ${kind} ${action}`);
}

export function estimateFor(
  durations: Durations,
  { region, kind, action }: Subject,
): Pick<PlanNode, 'estimateMs' | 'estimateFrom'> {
  const past = pastOf(durations, { region, kind, action });
  if (past) return { estimateMs: Math.round(past.p50), estimateFrom: 'history' };
  const noun = kind.slice(kind.indexOf('.') + 1);
  return { estimateMs: DEFAULT_MS[noun]?.[action] ?? UNKNOWN_KIND_MS, estimateFrom: 'default' };
}
