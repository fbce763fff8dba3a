/**
 * Where a scenario can be interrupted, found out by letting it pass once undisturbed: every call to the cloud and every
 * write to the database, each named by what it is and the how manieth of its kind, because siblings change places.
 */

import type { LoggedCall, Match } from './cloud-process.ts';
import type { Lane } from './lane.ts';
import type { WritePoint } from './postgres-proxy.ts';
import type { Scenario } from './scenario.ts';
import { ASKS_PERMISSION } from './statement-label.ts';

export interface CallPoint {
  /** For example `neutron POST /v2.0/networks`. */
  readonly label: string;
  readonly occurrence: number;
  readonly match: Match;
  readonly changes: boolean;
  /** Made only by a worker that has just started: logging in, discovering, looking up names. */
  readonly cold: boolean;
}

export interface Points {
  readonly calls: readonly CallPoint[];
  readonly writes: readonly WritePoint[];
  /** Milliseconds from order to end. */
  readonly tookMs: number;
}

/** Passes through the scenario twice: with a worker that has just started, and with one that is warm. */
export async function findPoints(lane: Lane, scenario: Scenario): Promise<Points> {
  await lane.restart();
  const cold = await pass(lane, scenario);
  const warm = await pass(lane, scenario);
  const calls = numbered(cold.calls, ({ label }) => label);
  const isWarm = new Set(numbered(warm.calls, ({ label }) => label).map(nameOf));
  return {
    calls: since(calls, scenario.since?.call).map((call) => ({
      ...call,
      cold: !isWarm.has(nameOf(call)),
    })),
    writes: since(warm.writes, scenario.since?.write).filter(({ label }) => label !== ASKS_PERMISSION),
    tookMs: warm.tookMs,
  };
}

export function nameOf({ label, occurrence }: { label: string; occurrence: number }): string {
  return `${label} #${occurrence}`;
}

async function pass(lane: Lane, scenario: Scenario) {
  const name = lane.newName();
  await scenario.prepare(lane, name);
  await lane.cloud.forgetCalls();
  const writes = lane.proxy.watch();
  const began = performance.now();
  await scenario.order(lane, name);
  await lane.untilSettled(name, [scenario.endsAs]);
  const tookMs = performance.now() - began;
  const calls = (await lane.cloud.calls()).map(callOf);
  lane.proxy.mend();
  await lane.cloud.clearFaults();
  if (scenario.endsAs !== 'DELETED') await lane.remove(name);
  return { calls, writes, tookMs };
}

/** A rollback begins as a deploy does; of it only what follows the last creation is of interest. */
function since<T extends { label: string }>(points: readonly T[], last: string | undefined): readonly T[] {
  if (last === undefined) return points;
  return points.slice(points.findLastIndex(({ label }) => label === last) + 1);
}

const ID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

function callOf({ service, method, path: pathAndQuery }: LoggedCall) {
  const [path = ''] = pathAndQuery.split('?');
  const pattern = path.replaceAll('.', '\\.').replaceAll(new RegExp(ID, 'g'), ID);
  const isLogin = service === 'keystone';
  return {
    label: `${service} ${method} ${path.replaceAll(new RegExp(ID, 'g'), 'ID')}`,
    match: { service, method, path: `^${pattern}$` },
    changes: method !== 'GET' && !isLogin,
  };
}

function numbered<T>(items: readonly T[], labelOf: (item: T) => string): (T & { occurrence: number })[] {
  const counts = new Map<string, number>();
  return items.map((item) => {
    const occurrence = (counts.get(labelOf(item)) ?? 0) + 1;
    counts.set(labelOf(item), occurrence);
    return { ...item, occurrence };
  });
}
