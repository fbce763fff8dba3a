/**
 * What is known of a plan before it is carried out: what speaks for and against each node, what the plan takes of the
 * quotas, how long it will take and what it will cost. A dry run shows it; accepting a run judges by it.
 */

import { type BudgetJudgement, judgeBudget } from '../domain/budget.ts';
import { type Cost, costOf, costOfOne, type PlanCost, planCost } from '../domain/cost.ts';
import type { Budget } from '../domain/deployment.ts';
import { type NodeDuration, nodeDuration, type PlanDuration, planDuration } from '../domain/expected-duration.ts';
import type { Check, Uses, Verdict } from '../domain/feasibility.ts';
import { judgeNode, judgeQuotas, needOf, type QuotaJudgement, sumUses, worst } from '../domain/judge-plan.ts';
import { fieldOfCheck } from '../domain/locate-check.ts';
import type { Plan, PlanNode } from '../domain/plan.ts';
import type { Resource } from '../domain/resource.ts';
import type { Outlook, Region } from '../ports/driver.ts';
import type { Reservation } from '../ports/reservations.ts';
import type { AppDependencies, RegionTerms } from './dependencies.ts';
import { factsOf, type QuotaReading, type RegionFacts, type Told } from './region-facts.ts';

/** A plan, and whose it is. */
export interface Order {
  readonly region: Region;
  readonly plan: Plan;
  /** The deployment's living resources; none for a new one. */
  readonly ledger?: readonly Resource[];
  /** The deployment's. */
  readonly budget?: Budget | null;
}

export interface NodeForesight {
  readonly checks: readonly Check[];
  readonly verdict: Verdict;
  readonly duration: NodeDuration;
  /** Undefined: it has no price by its nature. */
  readonly cost: Cost | undefined;
}

export interface Foresight {
  readonly verdict: Verdict;
  /** By key. */
  readonly nodes: ReadonlyMap<string, NodeForesight>;
  readonly duration: PlanDuration;
  readonly quota: readonly QuotaJudgement[];
  readonly cost: PlanCost;
  readonly currency: string | undefined;
  readonly budgets: readonly BudgetJudgement[];
}

export const QUOTAS_FRESH_MS = 2_000;

type Dependencies = Pick<AppDependencies, 'store' | 'terms'>;

/** For a person to look at: nothing is locked, nothing is refused. */
export async function foresee(dependencies: Dependencies, order: Order): Promise<Foresight> {
  const { store } = dependencies;
  const { region, plan } = order;
  const [asked, durations, quotas, budgets] = await Promise.all([
    askDrivers(dependencies, order),
    store.history.durations(),
    quotaTable(dependencies, order),
    judgeBudgets(dependencies, order),
  ]);
  const needed = sumUses([...asked.values()].map(({ need }) => need));
  const rows = judgeQuotas(quotas.reading?.quotas, sumUses(quotas.held.map(({ uses }) => uses)), needed);
  const { prices } = termsOf(dependencies, region);
  const nodes = plan.nodes.map((node): [string, NodeForesight] => {
    const { checks = [], need = {} } = asked.get(node.key) ?? {};
    const judged = judgeNode(node.key, checks, need, rows);
    const cost = node.action === 'absent' ? undefined : costOfOne(node.wanted, prices);
    return [node.key, { ...judged, cost, duration: nodeDuration(node, durations) }];
  });
  return {
    verdict: worst([...nodes.map(([, { verdict }]) => verdict), ...budgets.map(({ verdict }) => verdict)]),
    nodes: new Map(nodes),
    duration: planDuration(plan.nodes, durations),
    quota: rows,
    cost: planCost(plan.nodes, order.ledger ?? [], prices),
    currency: prices?.currency,
    budgets,
  };
}

/** What was found out about one node. */
export interface NodeAnswer {
  readonly checks: readonly Check[];
  /** What it adds to what the deployment takes already. */
  readonly need: Uses;
}

/** Asks about everything that the plan makes or changes in the region. @returns by key */
export async function askDrivers(dependencies: Dependencies, order: Order): Promise<ReadonlyMap<string, NodeAnswer>> {
  const { region, ledger = [] } = order;
  const standing = new Map(ledger.filter(({ providerId }) => providerId !== null).map((row) => [row.key, row]));
  const making = madeIn(order);
  const changing = making.flatMap(({ key, kind }) => {
    const row = standing.get(key);
    return row ? [{ key, kind, wanted: row.wanted }] : [];
  });
  const said = await regionFacts(dependencies, region).outlooks([...making, ...changing]);
  const saidNow = new Map(changing.map(({ key }, index) => [key, said[making.length + index]]));
  return new Map(making.map((node, index) => [node.key, answerOf(node, said[index], saidNow.get(node.key))]));
}

const MAKES: ReadonlySet<PlanNode['action']> = new Set(['present', 'update']);

/** Nodes of the plan that make or change something in its region. */
function madeIn({ region, plan }: Order): PlanNode[] {
  return plan.nodes.filter((node) => node.region === region.name && MAKES.has(node.action));
}

function answerOf(node: PlanNode, said: Told<Outlook> | undefined, saidNow: Told<Outlook> | undefined): NodeAnswer {
  if (!said) return { checks: [], need: {} };
  if ('untold' in said) return { checks: [{ what: 'feasibility', verdict: 'unknown', reason: said.untold }], need: {} };
  const usesNow = saidNow && 'told' in saidNow ? saidNow.told.uses : {};
  return { checks: relevantTo(node, said.told.checks), need: needOf(node.action, { uses: said.told.uses, usesNow }) };
}

/** That the image of a living server is gone does not matter to a resize. */
function relevantTo({ action, changes = [] }: PlanNode, checks: readonly Check[]): readonly Check[] {
  if (action !== 'update') return checks;
  const changed = new Set(changes.map(({ field }) => field.split('.', 1)[0]));
  return checks.filter(({ what }) => changed.has(fieldOfCheck(what)));
}

/** Nobody is asked about quotas for a plan that takes from none. */
async function quotaTable(
  dependencies: Dependencies,
  order: Order,
): Promise<{ reading: QuotaReading | undefined; held: readonly Reservation[] }> {
  if (madeIn(order).length === 0) return { reading: undefined, held: [] };
  const { region } = order;
  const told = await regionFacts(dependencies, region).quotas(QUOTAS_FRESH_MS);
  const reading = told && 'told' in told ? told.told : undefined;
  const { reservations } = dependencies.store;
  return { reading, held: await reservations.held(region.name, reading?.asOf ?? (await reservations.now())) };
}

export function regionFacts({ store }: Dependencies, region: Region): RegionFacts {
  return factsOf(region, () => store.reservations.now());
}

export function termsOf({ terms }: Dependencies, region: Region): RegionTerms {
  return terms?.(region.name) ?? {};
}

/** That of the deployment and that of the region, as far as there are any. */
async function judgeBudgets(dependencies: Dependencies, order: Order): Promise<BudgetJudgement[]> {
  const own = judgeOwnBudget(dependencies, order);
  const region = await judgeRegionBudget(dependencies, order);
  return [own, region].filter((judgement) => judgement !== undefined);
}

/** ISO 4217's code for it. */
const NO_CURRENCY = 'XXX';

const NOTHING: Cost = { perHour: 0n, unpriced: [] };

export function judgeOwnBudget(dependencies: Dependencies, order: Order): BudgetJudgement | undefined {
  const { region, plan, ledger = [], budget } = order;
  if (!budget) return undefined;
  const { prices } = termsOf(dependencies, region);
  const { today, difference } = planCost(plan.nodes, ledger, prices);
  const [running, accepted, added] = [today, NOTHING, difference];
  return judgeBudget({ of: 'deployment', budget, currency: prices?.currency, running, accepted, added });
}

/** @param held what runs and what is accepted, read under a lock where it matters */
export async function judgeRegionBudget(
  dependencies: Dependencies,
  { region, plan, ledger = [] }: Order,
  held = dependencies.store.reservations.flavors.bind(dependencies.store.reservations, region.name),
): Promise<BudgetJudgement | undefined> {
  const { prices, budgetPerMonth } = termsOf(dependencies, region);
  if (budgetPerMonth === undefined) return undefined;
  const { running, accepted } = await held();
  return judgeBudget({
    of: 'region',
    budget: { amount_per_month: budgetPerMonth, currency: prices?.currency ?? NO_CURRENCY },
    currency: prices?.currency,
    running: costOf(running, prices),
    accepted: costOf(accepted, prices),
    added: planCost(plan.nodes, ledger, prices).difference,
  });
}
