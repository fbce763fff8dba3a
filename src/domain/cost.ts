/**
 * What things cost, from the price table of their region. Only what has a flavor has a price; everything else is counted
 * as free, because no cloud that we know charges for a network. A flavor that the table does not name makes the sum
 * unknown: a sum that leaves something out would be believed.
 */

import type { JsonObject } from './json.ts';
import { type Amount, amountOf } from './money.ts';
import type { PlanNode } from './plan.ts';

export interface PriceTable {
  readonly currency: string;
  /** Flavor name to price per hour. */
  readonly flavors: Readonly<Record<string, number>>;
}

/** 365 days of 24 hours, divided by 12. */
export const HOURS_PER_MONTH = 730n;

/** How many servers of each flavor; negative where there are fewer than before. */
export type FlavorCounts = ReadonlyMap<string, number>;

export interface Cost {
  /** Undefined when it cannot be told. */
  readonly perHour: Amount | undefined;
  /** Flavors without a price, which is why. */
  readonly unpriced: readonly string[];
}

/** What a plan does to the cost of its deployment. */
export interface PlanCost {
  readonly today: Cost;
  readonly after: Cost;
  /** `after` less `today`; flavors that stay as they are need no price. */
  readonly difference: Cost;
}

interface Standing {
  readonly key: string;
  readonly wanted: JsonObject;
}

export function perMonth(perHour: Amount): Amount {
  return perHour * HOURS_PER_MONTH;
}

export function flavorOf(wanted: JsonObject): string | undefined {
  const flavor = wanted['flavor'];
  return typeof flavor === 'string' ? flavor : undefined;
}

/** @returns undefined where nothing has a price by its nature */
export function costOfOne(wanted: JsonObject, prices: PriceTable | undefined): Cost | undefined {
  const flavor = flavorOf(wanted);
  return flavor === undefined ? undefined : costOf(new Map([[flavor, 1]]), prices);
}

export function costOf(counts: FlavorCounts, prices: PriceTable | undefined): Cost {
  const unpriced: string[] = [];
  let sum = 0n;
  for (const [flavor, count] of counts) {
    if (count === 0) continue;
    const price = prices && Object.hasOwn(prices.flavors, flavor) ? prices.flavors[flavor] : undefined;
    if (price === undefined) unpriced.push(flavor);
    else sum += amountOf(price) * BigInt(count);
  }
  return { perHour: unpriced.length > 0 ? undefined : sum, unpriced: unpriced.toSorted() };
}

/** @param standing what the deployment has now, in the ledger's words */
export function planCost(
  nodes: readonly PlanNode[],
  standing: readonly Standing[],
  prices: PriceTable | undefined,
): PlanCost {
  const today = flavorsByKey(standing);
  const after = new Map(today);
  for (const { key, action, wanted } of nodes) {
    const flavor = flavorOf(wanted);
    if (action === 'absent') after.delete(key);
    else if (action !== 'act' && flavor !== undefined) after.set(key, flavor);
  }
  const [countsToday, countsAfter] = [countFlavors(today.values()), countFlavors(after.values())];
  return {
    today: costOf(countsToday, prices),
    after: costOf(countsAfter, prices),
    difference: costOf(lessFlavors(countsAfter, countsToday), prices),
  };
}

/** Sums by flavor. */
export function addFlavors(...all: readonly FlavorCounts[]): FlavorCounts {
  const sum = new Map<string, number>();
  for (const counts of all) for (const [flavor, count] of counts) sum.set(flavor, (sum.get(flavor) ?? 0) + count);
  return sum;
}

function lessFlavors(from: FlavorCounts, taken: FlavorCounts): FlavorCounts {
  return addFlavors(from, new Map([...taken].map(([flavor, count]) => [flavor, -count])));
}

function flavorsByKey(standing: readonly Standing[]): Map<string, string> {
  return new Map(
    standing.flatMap(({ key, wanted }): [string, string][] => {
      const flavor = flavorOf(wanted);
      return flavor === undefined ? [] : [[key, flavor]];
    }),
  );
}

function countFlavors(flavors: Iterable<string>): FlavorCounts {
  const counts = new Map<string, number>();
  for (const flavor of flavors) counts.set(flavor, (counts.get(flavor) ?? 0) + 1);
  return counts;
}
