/**
 * Refusing what surely cannot work, before anything is made, and reserving quota for what is accepted.
 *
 * Feasibility is judged first, from answers that may be half a minute old; what is unknown refuses nothing. Quotas and the
 * region's budget are judged inside the transaction that accepts the run, where other accepts can be kept away:
 *
 * - Far from every limit, accepts go on beside each other (a shared lock). Each takes so small a part of what is free that
 *   all of them together fit, so none has to know of the others.
 * - When a limit is within reach, they go one at a time (the lock alone), and the reservations are added up node by node.
 *
 * Nobody is refused on an old reading of the quotas: what seems too much is judged again on one that is newer than the
 * request.
 */

import {
  judgeOwnBudget,
  askDrivers,
  judgeRegionBudget,
  type NodeAnswer,
  type Order,
  QUOTAS_FRESH_MS,
  regionFacts,
  termsOf,
} from './foresee.ts';
import type { AppDependencies } from './dependencies.ts';
import { planCost } from '../domain/cost.ts';

import type { Quotas, Uses } from '../domain/feasibility.ts';
import { isAmple, judgeQuotas, sumUses } from '../domain/judge-plan.ts';
import type { Plan } from '../domain/plan.ts';
import type { Reservation } from '../ports/reservations.ts';
import type { AcceptGuard } from '../ports/store.ts';
import { infeasible, overBudget, quotaExceeded } from './infeasible.ts';
import type { QuotaReading } from './region-facts.ts';

export interface FeasibilityOrder extends Order {
  /** Go on although it cannot work or exceeds a quota. Budgets are kept all the same. */
  readonly skipChecks?: boolean;
  /** JSON pointer of what a failed check of a node is about. */
  readonly locate: (key: string, what: string) => string;
}

export interface FeasiblePlan {
  /** The plan, its nodes with what they take of the quotas: to be stored with the run, for that is the reservation. */
  readonly plan: Plan;
  /**
   * Accepts the run. The guard is to be called first in the transaction that `commit` makes; `commit` is called again, after
   * the transaction was rolled back, when more has to be known.
   * @throws GroundworkError quota_exceeded, over_budget, and what `commit` throws
   */
  accept<T>(commit: (guard: AcceptGuard) => Promise<T>): Promise<T>;
}

type Dependencies = Pick<AppDependencies, 'store' | 'terms'>;

/**
 * As many accepts may be under way at a time without knowing of each other: more than all connections of the servers on one
 * database.
 */
const MOST_AT_ONCE = 64;
/** Old readings do while they leave plenty of room: what we did since is in the ledger. */
const QUOTAS_USABLE_MS = 60_000;
const MOST_LOOKS = 4;

/** @throws GroundworkError infeasible, over_budget */
export async function assertFeasible(dependencies: Dependencies, order: FeasibilityOrder): Promise<FeasiblePlan> {
  const { plan, skipChecks = false } = order;
  const asked = await askDrivers(dependencies, order);
  if (!skipChecks) {
    const failing = plan.nodes.flatMap(({ key, wanted }) =>
      (asked.get(key)?.checks ?? [])
        .filter(({ verdict }) => verdict === 'fail')
        .map((check) => ({ key, wanted, check })),
    );
    if (failing.length > 0) throw infeasible(order.region.name, failing, order.locate);
  }
  const own = judgeOwnBudget(dependencies, order);
  if (own?.verdict === 'fail') throw overBudget(own);
  const reserving = withUses(plan, asked);
  const needed = sumUses(reserving.nodes.map((node) => node.uses));
  return {
    plan: reserving,
    accept: (commit) => acceptWithin(dependencies, order, needed, commit),
  };
}

/**
 * For a run that finishes or mends what was accepted before (a retry, a heal, a way back): it is never refused, and what it
 * takes is reserved, so that others know.
 */
export async function reserve(dependencies: Dependencies, order: Order): Promise<Plan> {
  return withUses(order.plan, await askDrivers(dependencies, order));
}

function withUses(plan: Plan, asked: ReadonlyMap<string, NodeAnswer>): Plan {
  const nodes = plan.nodes.map((node) => {
    const need = asked.get(node.key)?.need ?? {};
    return Object.keys(need).length > 0 ? { ...node, uses: need } : node;
  });
  return { ...plan, nodes };
}

/** How far an accept has got in finding out whether it fits. */
interface Look {
  readonly mode: 'shared' | 'alone';
  /** Undefined: nothing is known of the quotas, or nobody asks for them. */
  readonly reading: QuotaReading | undefined;
}

async function acceptWithin<T>(
  dependencies: Dependencies,
  order: FeasibilityOrder,
  needed: Uses,
  commit: (guard: AcceptGuard) => Promise<T>,
): Promise<T> {
  const began = performance.now();
  const read = (maxAgeMs: number) => readQuotas(dependencies, order, needed, maxAgeMs);
  const mode = hasRegionBudget(dependencies, order) ? 'alone' : 'shared';
  let look: Look = { mode, reading: await read(mode === 'alone' ? QUOTAS_FRESH_MS : QUOTAS_USABLE_MS) };
  for (let looks = 1; ; looks += 1) {
    try {
      return await commit(guardOf(dependencies, order, needed, look));
    } catch (error) {
      const isLast = looks >= MOST_LOOKS;
      const refusal = refusalOf(order, error, { began, isLast });
      if (refusal !== undefined) throw refusal;
      const maxAgeMs = error instanceof TooLittle ? performance.now() - began : QUOTAS_FRESH_MS;
      look = { mode: 'alone', reading: await read(maxAgeMs) };
    }
  }
}

/** @returns undefined when it is worth another look: alone, and on a reading that is newer than the request */
function refusalOf(
  { region }: FeasibilityOrder,
  error: unknown,
  { began, isLast }: { readonly began: number; readonly isLast: boolean },
): Error | undefined {
  if (error instanceof WithinReach) return isLast ? error : undefined;
  if (!(error instanceof TooLittle)) return error instanceof Error ? error : new Error(String(error));
  const isSure = error.reading.at >= began || isLast;
  return isSure ? quotaExceeded(region.name, error.rows, error.held) : undefined;
}

/** A limit is so near that accepts must know of each other. */
class WithinReach extends Error {}

class TooLittle extends Error {
  readonly reading: QuotaReading;
  readonly rows: ReturnType<typeof judgeQuotas>;
  readonly held: readonly Reservation[];

  constructor(reading: QuotaReading, rows: ReturnType<typeof judgeQuotas>, held: readonly Reservation[]) {
    super('too little quota');
    this.reading = reading;
    this.rows = rows;
    this.held = held;
  }
}

async function readQuotas(
  dependencies: Dependencies,
  { region, skipChecks = false }: FeasibilityOrder,
  needed: Uses,
  maxAgeMs: number,
): Promise<QuotaReading | undefined> {
  if (skipChecks || Object.keys(needed).length === 0) return undefined;
  const facts = regionFacts(dependencies, region);
  const told = await facts.quotas(maxAgeMs);
  // The next one has a newer reading, and nobody waits for it.
  if (maxAgeMs > QUOTAS_FRESH_MS) void facts.quotas(QUOTAS_FRESH_MS);
  const reading = told && 'told' in told ? told.told : undefined;
  // Without a limit there is nothing to know of each other.
  return Object.keys(needed).some((name) => isLimited(reading?.quotas[name])) ? reading : undefined;
}

function isLimited(quota: Quotas[string] | undefined): boolean {
  return quota !== undefined && quota.limit !== null;
}

function guardOf(dependencies: Dependencies, order: FeasibilityOrder, needed: Uses, look: Look): AcceptGuard {
  const { reservations } = dependencies.store;
  const { region } = order;
  const isBudgeted = hasRegionBudget(dependencies, order);
  return async (transaction) => {
    const { mode, reading } = look;
    if (!reading && !isBudgeted) return;
    await reservations.order(transaction, region.name, mode);
    if (isBudgeted) {
      const budget = await judgeRegionBudget(dependencies, order, () => reservations.flavors(region.name, transaction));
      if (budget?.verdict === 'fail') throw overBudget(budget);
    }
    if (!reading) return;
    const atMost = await reservations.atMost(transaction, region.name, reading.asOf);
    const rows = judgeQuotas(reading.quotas, atMost, needed);
    if (isAmple(rows, MOST_AT_ONCE)) return;
    if (mode === 'shared') throw new WithinReach();
    if (rows.every(({ verdict }) => verdict !== 'fail')) return;
    const held = await reservations.held(region.name, reading.asOf, transaction);
    const exact = judgeQuotas(reading.quotas, sumUses(held.map(({ uses }) => uses)), needed);
    if (exact.some(({ verdict }) => verdict === 'fail')) throw new TooLittle(reading, exact, held);
  };
}

/** Whether the region's budget has a say in it: what adds nothing passes anyway. */
function hasRegionBudget(dependencies: Dependencies, { region, plan, ledger = [] }: Order): boolean {
  const { budgetPerMonth, prices } = termsOf(dependencies, region);
  if (budgetPerMonth === undefined) return false;
  const { perHour } = planCost(plan.nodes, ledger, prices).difference;
  return perHour === undefined || perHour > 0n;
}
