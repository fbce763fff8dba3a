/**
 * Refusals of plans, in words: which node fails over what, which quota is too small and who holds it, which budget is
 * exceeded by which sum.
 */

import type { BudgetJudgement } from '../domain/budget.ts';
import { type Fault, GroundworkError } from '../domain/errors.ts';
import type { Check } from '../domain/feasibility.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { type QuotaJudgement, sayQuota } from '../domain/judge-plan.ts';
import { fieldOfCheck } from '../domain/locate-check.ts';
import { type Amount, numberOf } from '../domain/money.ts';
import type { Reservation } from '../ports/reservations.ts';

export interface FailingNode {
  readonly key: string;
  readonly wanted: JsonObject;
  readonly check: Check;
}

/** Nodes that fail for the same reason at the same place, such as all servers of a tier, are one fault that names them. */
export function infeasible(
  region: string,
  failing: readonly FailingNode[],
  locate: (key: string, what: string) => string,
): GroundworkError {
  const byCause = new Map<string, FailingNode[]>();
  for (const node of failing) {
    const cause = JSON.stringify([locate(node.key, node.check.what), node.check.what, node.check.reason]);
    byCause.set(cause, [...(byCause.get(cause) ?? []), node]);
  }
  const faults = [...byCause.values()].map((nodes) => faultOf(nodes, locate));
  const [first] = faults;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return new GroundworkError('infeasible', `in the region ${region}, ${first?.detail}${more}`, { faults });
}

function faultOf(nodes: readonly FailingNode[], locate: (key: string, what: string) => string): Fault {
  const [first] = nodes;
  if (!first) throw new Error('a cause without nodes');
  const { what, reason, remedy } = first.check;
  const value = valueOf(first.wanted, what);
  return {
    pointer: locate(first.key, what),
    detail: `${namesOf(nodes.map(({ key }) => key))} cannot be made: ${reason}`,
    ...(value === undefined ? {} : { value }),
    remedy: remedy ?? `Use another ${what.replaceAll('_', ' ')}, or go on regardless with ?skip_checks=true.`,
  };
}

function valueOf(wanted: JsonObject, what: string): Json | undefined {
  return wanted[fieldOfCheck(what) ?? what];
}

/** `server/web/1`, `server/web/1 and server/web/2`, `server/web/1 and 19 more`. */
function namesOf(keys: readonly string[]): string {
  const [first = '', second] = keys;
  if (second === undefined) return first;
  return keys.length === 2 ? `${first} and ${second}` : `${first} and ${keys.length - 1} more`;
}

/** @param held by whom quota is reserved */
export function quotaExceeded(
  region: string,
  rows: readonly QuotaJudgement[],
  held: readonly Reservation[],
): GroundworkError {
  const exceeded = rows.filter(({ verdict }) => verdict === 'fail');
  const detail = `the quota of the region ${region} is too small: ${exceeded.map(sayQuota).join('; ')}`;
  return new GroundworkError('quota_exceeded', detail, { faults: exceeded.map((row) => quotaFault(row, held)) });
}

function quotaFault(row: QuotaJudgement, held: readonly Reservation[]): Fault {
  const { name, limit, used, reserved, needed } = row;
  const holders = held
    .filter(({ uses }) => (uses[name] ?? 0) > 0)
    .map(({ runId, deploymentId, uses }) => ({ run_id: runId, deployment_id: deploymentId, amount: uses[name] ?? 0 }));
  return {
    pointer: '',
    detail: sayQuota(row),
    value: { quota: name, limit, used, reserved, needed, reserved_by: holders },
    remedy:
      holders.length > 0
        ? `Wait for ${holders.length === 1 ? 'the run' : 'the runs'} that hold it, ask for less, or have the quota raised.`
        : 'Ask for less, remove what is not needed, or have the quota raised.',
  };
}

export function overBudget(judgement: BudgetJudgement): GroundworkError {
  const { of, budget, running, accepted, added, sum, reason } = judgement;
  const value = {
    budget: budget.amount_per_month,
    currency: budget.currency,
    running_per_month: amount(running),
    accepted_per_month: amount(accepted),
    added_per_month: amount(added),
    sum_per_month: amount(sum),
  };
  const remedy =
    sum === undefined
      ? "Give every flavor a price in the region's `prices` in groundwork.yaml, in the currency of the budget."
      : 'Ask for less, remove what is not needed, or raise the budget.';
  const pointer = of === 'deployment' ? '/budget' : '/cloud_region';
  const faults = [{ pointer, detail: reason, value, remedy }];
  return new GroundworkError('over_budget', `the ${of} has a budget that the plan does not keep: ${reason}`, {
    faults,
  });
}

function amount(value: Amount | undefined): number | null {
  return value === undefined ? null : numberOf(value);
}
