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
export function judgeBudget({ of, budget, currency, running, accepted, added }: Spending): BudgetJudgement {
  const [runningMonth, acceptedMonth, addedMonth] = [month(running), month(accepted), month(added)];
  const known = runningMonth !== undefined && acceptedMonth !== undefined && addedMonth !== undefined;
  const sum = known ? runningMonth + acceptedMonth + addedMonth : undefined;
  const parts = { of, budget, running: runningMonth, accepted: acceptedMonth, added: addedMonth, sum };
  const most = `the budget of ${decimalOf(amountOf(budget.amount_per_month))} ${budget.currency} a month`;
  const addsNothing = addedMonth !== undefined && addedMonth <= 0n;
  if (addsNothing) return { ...parts, verdict: 'pass', reason: `the plan adds nothing to ${most}` };
  if (currency !== undefined && currency !== budget.currency)
    return { ...parts, verdict: 'fail', reason: `prices are in ${currency}, ${most} is not` };
  if (sum === undefined) {
    const unpriced = [...new Set([running, accepted, added].flatMap((cost) => cost.unpriced))].toSorted();
    return { ...parts, verdict: 'fail', reason: `${unpriced.join(', ')} has no price, so ${most} cannot be kept` };
  }
  const words = `${decimalOf(runningMonth ?? 0n)} running + ${decimalOf(acceptedMonth ?? 0n)} accepted + ${decimalOf(addedMonth ?? 0n)} by this plan = ${decimalOf(sum)}`;
  const isOver = sum > amountOf(budget.amount_per_month);
  return { ...parts, verdict: isOver ? 'fail' : 'pass', reason: `${words} is ${isOver ? 'over' : 'within'} ${most}` };
}

function month({ perHour }: Cost): Amount | undefined {
  return perHour === undefined ? undefined : perMonth(perHour);
}
