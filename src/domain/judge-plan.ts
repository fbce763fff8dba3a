/**
 * Whether a plan can work, from what the drivers say of each node, the region's quotas and what accepted runs have
 * reserved of them. Pure sums: what a node takes, what all take together, and whether it fits.
 */

import type { Check, Quotas, Uses, Verdict } from './feasibility.ts';
import type { PlanNode } from './plan.ts';

/** One row of the table: everything in the quota's own unit. */
export interface QuotaJudgement {
  readonly name: string;
  /** Null: there is none. */
  readonly limit: number | null;
  /** As the cloud counts it; null when it does not tell. */
  readonly used: number | null;
  /** Taken by accepted runs and not counted by the cloud yet. */
  readonly reserved: number;
  /** By this plan. */
  readonly needed: number;
  readonly verdict: Verdict;
}

/** What one driver says of one node, before and after. */
export interface NodeOutlook {
  readonly checks: readonly Check[];
  readonly uses: Uses;
  /** What stands under the same key takes this much. */
  readonly usesNow: Uses;
}

export interface JudgedNode {
  readonly key: string;
  readonly checks: readonly Check[];
  readonly verdict: Verdict;
}

export function sumUses(all: Iterable<Uses | undefined>): Uses {
  const sum: Record<string, number> = {};
  for (const uses of all)
    for (const [name, amount] of Object.entries(uses ?? {})) sum[name] = (sum[name] ?? 0) + amount;
  return sum;
}

/**
 * What a node adds to what its deployment takes already. Never negative: what a smaller flavor or a removal sets free is
 * free when the cloud says so, not before.
 */
export function needOf(action: PlanNode['action'], { uses, usesNow }: Pick<NodeOutlook, 'uses' | 'usesNow'>): Uses {
  if (action === 'absent' || action === 'act') return {};
  const names = Object.keys(uses).filter((name) => (uses[name] ?? 0) > (usesNow[name] ?? 0));
  return Object.fromEntries(names.map((name) => [name, (uses[name] ?? 0) - (usesNow[name] ?? 0)]));
}

/** One row for each quota that the plan takes from. @param quotas undefined when the cloud does not tell them */
export function judgeQuotas(quotas: Quotas | undefined, reserved: Uses, needed: Uses): QuotaJudgement[] {
  return Object.entries(needed)
    .filter(([, amount]) => amount > 0)
    .map(([name, amount]): QuotaJudgement => {
      const quota = quotas?.[name];
      const row = { name, reserved: reserved[name] ?? 0, needed: amount };
      if (!quota) return { ...row, limit: null, used: null, verdict: 'unknown' };
      const { limit, used } = quota;
      const fits = limit === null || used + row.reserved + amount <= limit;
      return { ...row, limit, used, verdict: fits ? 'pass' : 'fail' };
    });
}

/**
 * Whether a plan takes so small a part of what is free that plans accepted at the same moment cannot matter: all of them
 * together fit, as long as there are at most `most` of them.
 */
export function isAmple(rows: readonly QuotaJudgement[], most: number): boolean {
  return rows.every(({ limit, used, reserved, needed }) => {
    if (limit === null || used === null) return true;
    return needed * most <= limit - used - reserved;
  });
}

/** The driver's checks of a node, and one about the quotas that it takes from. */
export function judgeNode(
  key: string,
  checks: readonly Check[],
  need: Uses,
  rows: readonly QuotaJudgement[],
): JudgedNode {
  const own = rows.filter(({ name }) => (need[name] ?? 0) > 0);
  const all = own.length === 0 ? checks : [...checks, quotaCheck(own)];
  return { key, checks: all, verdict: worst(all.map(({ verdict }) => verdict)) };
}

/** `fail` before `unknown` before `pass`. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('fail')) return 'fail';
  return verdicts.includes('unknown') ? 'unknown' : 'pass';
}

/** `instances: 4 used + 3 reserved + 5 needed is more than the limit of 10`. */
export function sayQuota({ name, limit, used, reserved, needed, verdict }: QuotaJudgement): string {
  if (used === null) return `${name}: ${needed} needed; the cloud does not tell its quota`;
  if (limit === null) return `${name}: ${needed} needed; there is no limit`;
  const relation = verdict === 'fail' ? 'more than' : 'within';
  return `${name}: ${used} used + ${reserved} reserved + ${needed} needed is ${relation} the limit of ${limit}`;
}

function quotaCheck(rows: readonly QuotaJudgement[]): Check {
  const verdict = worst(rows.map((row) => row.verdict));
  const telling = rows.filter((row) => row.verdict === verdict);
  const reason = telling.map(sayQuota).join('; ');
  if (verdict !== 'fail') return { what: 'quota', verdict, reason };
  return {
    what: 'quota',
    verdict,
    reason,
    remedy: 'Ask for fewer or smaller servers, remove what is not needed, or have the quota raised.',
  };
}
