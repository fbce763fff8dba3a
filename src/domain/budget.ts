/**
 * Whether a plan stays within a budget: what runs now, what is accepted and not made yet, and what the plan adds.
 *
 * A sum that cannot be told is over the budget. Whoever set a budget wants to be stopped before the bill, and a flavor
 * without a price is the usual way past one; the remedy is a line in the price table.
 */

import { type Cost, perMonth } from './cost.ts';
import type { Budget } from './deployment.ts';
import { type Amount, amountOf, decimalOf } from './money.ts';

export interface BudgetJudgement {
  readonly of: 'deployment' | 'region';
  readonly budget: Budget;
  /** All per month; undefined when it cannot be told. */
  readonly running: Amount | undefined;
  readonly accepted: Amount | undefined;
  readonly added: Amount | undefined;
  readonly sum: Amount | undefined;
  readonly verdict: 'pass' | 'fail';
  readonly reason: string;
}

export interface Spending {
  readonly of: BudgetJudgement['of'];
  readonly budget: Budget;
  /** Currency of the price table; undefined without one. */
  readonly currency: string | undefined;
  readonly running: Cost;
  readonly accepted: Cost;
  readonly added: Cost;
}

/** A plan that adds nothing passes, however much is spent already: it is the way back under the budget. */
export function judgeBudget(spending: Spending): BudgetJudgement {
  const { of, budget } = spending;
  const [running, accepted, added] = [month(spending.running), month(spending.accepted), month(spending.added)];
  const sum = addAll([running, accepted, added]);
  const reason = objectionTo(spending, added, sum);
  const parts = { of, budget, running, accepted, added, sum };
  if (reason !== undefined) return { ...parts, verdict: 'fail', reason };
  const isNothing = added !== undefined && added <= 0n;
  const why = isNothing ? `the plan adds nothing to ${mostOf(budget)}` : `${saySum(parts)} is within ${mostOf(budget)}`;
  return { ...parts, verdict: 'pass', reason: why };
}

/** @returns undefined when there is none */
function objectionTo(spending: Spending, added: Amount | undefined, sum: Amount | undefined): string | undefined {
  const { budget, currency, running, accepted } = spending;
  if (added !== undefined && added <= 0n) return undefined;
  const most = mostOf(budget);
  if (currency !== undefined && currency !== budget.currency) return `prices are in ${currency}, ${most} is not`;
  if (sum === undefined) {
    const unpriced = [...new Set([running, accepted, spending.added].flatMap((cost) => cost.unpriced))].toSorted();
    return `${unpriced.join(', ')} has no price, so ${most} cannot be kept`;
  }
  if (sum <= amountOf(budget.amount_per_month)) return undefined;
  return `${saySum({ running: month(running), accepted: month(accepted), added, sum })} is over ${most}`;
}

function addAll(amounts: readonly (Amount | undefined)[]): Amount | undefined {
  let sum = 0n;
  for (const amount of amounts) {
    if (amount === undefined) return undefined;
    sum += amount;
  }
  return sum;
}

function mostOf({ amount_per_month: amount, currency }: Budget): string {
  return `the budget of ${decimalOf(amountOf(amount))} ${currency} a month`;
}

type Sums = Pick<BudgetJudgement, 'running' | 'accepted' | 'added' | 'sum'>;

function saySum({ running, accepted, added, sum }: Sums): string {
  const [now, soon, more, all] = [running, accepted, added, sum].map((amount) => decimalOf(amount ?? 0n));
  return `${now} running + ${soon} accepted + ${more} by this plan = ${all}`;
}

function month({ perHour }: Cost): Amount | undefined {
  return perHour === undefined ? undefined : perMonth(perHour);
}
