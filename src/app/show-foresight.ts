/**
 * A plan with everything that is foreseen of it, as the contract shows it.
 */

import type { ShownPlan } from '../contract/deployment.ts';
import type { BudgetVerdict, Cost as ShownCost, NodeEstimate } from '../contract/foresight.ts';
import type { BudgetJudgement } from '../domain/budget.ts';
import { type Cost, perMonth } from '../domain/cost.ts';
import type { NodeDuration } from '../domain/expected-duration.ts';
import { type Amount, numberOf } from '../domain/money.ts';
import type { Plan } from '../domain/plan.ts';
import type { Foresight } from './foresee.ts';
import { showPlan } from './show-plan.ts';

export function showForesight(plan: Plan, foresight: Foresight): ShownPlan {
  const { verdict, duration, quota, cost, currency, budgets } = foresight;
  const shown = showPlan(plan);
  return {
    ...shown,
    nodes: shown.nodes.map((node) => {
      const foreseen = foresight.nodes.get(node.key);
      if (!foreseen) return node;
      return {
        ...node,
        checks: foreseen.checks,
        estimate: estimateOf(foreseen.duration),
        cost: foreseen.cost ? costOf(foreseen.cost, currency) : null,
      };
    }),
    verdict,
    duration: { p50_ms: duration.p50Ms, p90_ms: duration.p90Ms, without_history: duration.withoutHistory },
    quota,
    cost: costOf(cost.after, currency),
    cost_today: costOf(cost.today, currency),
    cost_difference: costOf(cost.difference, currency),
    budgets: budgets.map(budgetOf),
  };
}

function estimateOf({ p50Ms, p90Ms, samples }: NodeDuration): NodeEstimate {
  return { p50_ms: p50Ms, p90_ms: p90Ms, samples, basis: samples > 0 ? 'history' : 'no history' };
}

function costOf({ perHour, unpriced }: Cost, currency: string | undefined): ShownCost {
  return {
    currency: currency ?? null,
    per_hour: amount(perHour),
    per_month: amount(perHour === undefined ? undefined : perMonth(perHour)),
    unknown: unpriced,
  };
}

function budgetOf({ of, budget, verdict, reason, ...sums }: BudgetJudgement): BudgetVerdict {
  return {
    of,
    amount_per_month: budget.amount_per_month,
    currency: budget.currency,
    running_per_month: amount(sums.running),
    accepted_per_month: amount(sums.accepted),
    added_per_month: amount(sums.added),
    sum_per_month: amount(sums.sum),
    verdict,
    reason,
  };
}

function amount(value: Amount | undefined): number | null {
  return value === undefined ? null : numberOf(value);
}
