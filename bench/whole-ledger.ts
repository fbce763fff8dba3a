/**
 * A ledger of 10,000 resources, and what it costs to find out that nothing is to be done: a plan of every deployment for a
 * request that changes nothing, and a look at the whole region for drift. Our own time is the time on the clock without the
 * time in which the simulated cloud worked.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '../src/contract/client.ts';
import { type ControlPlane, REGION, startControlPlaneFor } from './control-plane.ts';
import { countOf, deploy, until } from './deployments.ts';
import { LAB, type OpenStackSession, openSession } from './openstack-session.ts';
import { mainThreadTime } from './processor-time.ts';
import { median } from './quantiles.ts';
import { type SimulatedRegion, startSimulatedRegion } from './simulated-region.ts';

export const DEPLOYMENTS = 400;
export const RESOURCES_EACH = 25;
export const RESOURCES = DEPLOYMENTS * RESOURCES_EACH;
const TEMPLATE = 'twenty-five-resources';
/** Says what the template says. */
const CHANGES_NOTHING = { vm_config: { web: { count: 14 }, db: { flavor: 'm1.large' } } };
export const CONNECTIONS = 8;
/** Deployments that are built at the same time. */
const BUILT_AT_ONCE = 20;
export const ROUNDS = 3;
const LOOK_EVERY_SECONDS = 10;

/** Medians, in milliseconds. */
export interface Elapsed {
  readonly wall: number;
  /** Of it, the time in which the cloud worked. */
  readonly cloud: number;
  readonly own: number;
}

export interface WholeLedger {
  readonly plan: Elapsed;
  readonly look: Elapsed;
  /** A script that makes the listings of a look, and compares nothing. */
  readonly bareLook: Elapsed;
}

export async function measureWholeLedger(): Promise<WholeLedger> {
  const cloud = await startSimulatedRegion();
  const settings = { drift_interval: `${LOOK_EVERY_SECONDS}s` };
  const server = await startControlPlaneFor([{ name: REGION, authUrl: cloud.authUrl, pace: 'unlimited', settings }]);
  try {
    await fill(server.client);
    const ids = await allIds(server.client);
    // A look that began while the last deployments were being built does not count, and neither does work left from then.
    await nextLook(server);
    const look = await rounds(() => timeLook(server, cloud));
    const bareLook = await rounds(() => timeBareLook(cloud));
    const plan = await rounds(() => timed(cloud, () => planAll(server.client, ids)));
    return { plan, look, bareLook };
  } finally {
    await Promise.all([server.stop(), cloud.stop()]);
  }
}

async function fill(client: ApiClient): Promise<void> {
  for (let n = 0; n < DEPLOYMENTS; n += BUILT_AT_ONCE) {
    const batch = Array.from({ length: BUILT_AT_ONCE }, (_, m) => deploy(client, TEMPLATE, `standing-${n + m}`));
    await Promise.all(batch);
    const completed = async (): Promise<boolean> => (await countOf(client, 'COMPLETED')) >= n + BUILT_AT_ONCE;
    await until(completed, 60, `${n + BUILT_AT_ONCE} deployments are COMPLETED`);
  }
}

async function allIds(client: ApiClient): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.call('listDeployments', { query: { limit: 100, ...(cursor ? { cursor } : {}) } });
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return ids;
}

/** @throws Error when a plan is to do anything */
async function planAll(client: ApiClient, ids: readonly string[]): Promise<void> {
  const waiting = [...ids];
  const worker = async (): Promise<void> => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const order = { params: { id }, query: { dry_run: true }, body: CHANGES_NOTHING };
      const shown = await client.call('updateDeployment', order);
      if (!('plan' in shown) || (shown.plan?.nodes.length ?? 1) > 0)
        throw new Error(`the plan of ${id} is not empty: ${JSON.stringify(shown)}`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
}

async function rounds(measure: () => Promise<Elapsed>): Promise<Elapsed> {
  const all: Elapsed[] = [];
  for (let round = 0; round < ROUNDS; round += 1) all.push(await measure());
  const middle = (part: keyof Elapsed): number => median(all.map((elapsed) => elapsed[part]));
  return { wall: middle('wall'), cloud: middle('cloud'), own: middle('own') };
}

async function timed(cloud: SimulatedRegion, deed: () => Promise<void>): Promise<Elapsed> {
  const [began, busyBefore] = [performance.now(), await mainThreadTime(cloud.pid)];
  await deed();
  return elapsed(performance.now() - began, (await mainThreadTime(cloud.pid)) - busyBefore);
}

function elapsed(wall: number, cloud: number): Elapsed {
  return { wall, cloud, own: wall - cloud };
}

/** The server looks by itself; its own clock tells for how long. Nobody else asks the cloud for anything meanwhile. */
async function timeLook(server: ControlPlane, cloud: SimulatedRegion): Promise<Elapsed> {
  const busyBefore = await mainThreadTime(cloud.pid);
  const wall = await nextLook(server);
  return elapsed(wall, (await mainThreadTime(cloud.pid)) - busyBefore);
}

/** Waits for the end of the next look. @returns how long it took, in milliseconds */
async function nextLook(server: ControlPlane): Promise<number> {
  const before = await looks(server);
  const deadline = performance.now() + 60_000;
  for (let now = before; performance.now() < deadline; now = await looks(server)) {
    if (now.count > before.count) return ((now.seconds - before.seconds) * 1000) / (now.count - before.count);
    await delay(200);
  }
  throw new Error('the region was not looked at within a minute');
}

async function looks({ url }: ControlPlane): Promise<{ count: number; seconds: number }> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const metric = (name: string): number =>
    Number(new RegExp(`^groundwork_region_check_duration_seconds_${name}\\{.*\\} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
  return { count: metric('count'), seconds: metric('sum') };
}

async function timeBareLook(cloud: SimulatedRegion): Promise<Elapsed> {
  const session = await openSession(cloud.authUrl, LAB, { connections: 8 });
  try {
    return await timed(cloud, async () => {
      await Promise.all([
        listAll(session, { service: 'compute', path: '/servers/detail', key: 'servers' }),
        ...['networks', 'subnets', 'routers', 'ports'].map((key) =>
          listAll(session, { service: 'network', path: `/v2.0/${key}`, key }),
        ),
      ]);
    });
  } finally {
    await session.close();
  }
}

interface Listing {
  readonly service: string;
  readonly path: string;
  readonly key: string;
}

/** Follows the links from page to page. */
async function listAll(session: OpenStackSession, { service, path, key }: Listing): Promise<void> {
  for (let query: string | undefined = ''; query !== undefined;) {
    const page = await session.call('GET', service, `${path}${query}`);
    const links = (page[`${key}_links`] ?? []) as { rel: string; href: string }[]; // by the API reference
    const href = links.find(({ rel }) => rel === 'next')?.href;
    query = href === undefined ? undefined : href.slice(href.indexOf('?'));
  }
}
