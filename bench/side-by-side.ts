/**
 * What others would use in our place, on the same genuine OpenStack, one after the other: a bare script (the floor),
 * Groundwork, OpenStack Heat and Ansible. Each creates the same things, finds that nothing is to be done, and removes them;
 * the time and the calls that the cloud got are measured.
 *
 * It brings the cloud up with tests/real/openstack/up, which may install Debian's packages, and stops what it started.
 */

import { createConnection } from 'node:net';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../src/main/package-root.ts';
import { runCommand } from './child-process.ts';
import { openAnsible } from './contenders/ansible.ts';
import { type Contender, SERVERS } from './contenders/contender.ts';
import { openFloor } from './contenders/floor.ts';
import { openGroundwork } from './contenders/groundwork.ts';
import { openHeat } from './contenders/heat.ts';
import { COUNTED_REGION, type CountedRegion, openCountedRegion } from './counted-region.ts';
import { LAB, openSession } from './openstack-session.ts';

const LABORATORY = join(PACKAGE_ROOT, 'tests', 'real', 'openstack');
const DIRECTORY = process.env['GROUNDWORK_OPENSTACK_DIR'] ?? '/var/lib/groundwork-openstack';
const AUTH_URL = 'http://127.0.0.1:5000/v3';
const HEAT_URL = 'http://127.0.0.1:8004/v1';
const [NOVA_PORT, HEAT_PORT] = [8774, 8004];
const WARM_UP_SERVERS = 2;
/** Of a script that says "not on this machine". */
const CANNOT = 75;

export interface Cost {
  readonly milliseconds: number;
  readonly calls: number;
}

export interface Result {
  readonly name: string;
  readonly create: Cost;
  readonly noOps: Readonly<Record<string, Cost>>;
  readonly remove: Cost;
}

/** @returns undefined where it cannot run; the reason was said */
export async function measureSideBySide(): Promise<Result[] | undefined> {
  const [ran, heatRan] = await Promise.all([answers(NOVA_PORT), answers(HEAT_PORT)]);
  try {
    if (!(await bringUp('up'))) return undefined;
    const region = await openCountedRegion(AUTH_URL);
    try {
      const rivals = await bringUp('rivals/up', COUNTED_REGION);
      return await measureAll(region, rivals);
    } finally {
      await region.close();
    }
  } finally {
    if (!heatRan) await script('rivals/down');
    if (!ran) await script('down');
  }
}

async function measureAll(region: CountedRegion, rivals: boolean): Promise<Result[]> {
  const openers: (() => Promise<Contender>)[] = [
    () => openFloor(AUTH_URL, COUNTED_REGION),
    () => openGroundwork(AUTH_URL, COUNTED_REGION),
  ];
  if (rivals) {
    openers.push(() => openHeat(AUTH_URL, HEAT_URL));
    openers.push(() => Promise.resolve(openAnsible(join(DIRECTORY, 'rivals'))));
  }
  await warmUp();
  const results: Result[] = [];
  for (const open of openers) results.push(await measure(await open(), region));
  return results;
}

/** The first server of a cloud's life pays for what its services load and remember. */
async function warmUp(): Promise<void> {
  const script = await openFloor(AUTH_URL, COUNTED_REGION, WARM_UP_SERVERS);
  await script.create();
  await script.remove();
  await script.close();
}

async function measure(contender: Contender, region: CountedRegion): Promise<Result> {
  const cost = async (what: string, deed: () => Promise<void>): Promise<Cost> => {
    const [began, before] = [performance.now(), region.calls()];
    await deed();
    const paid = { milliseconds: performance.now() - began, calls: region.calls() - before };
    process.stderr.write(`  ${contender.name}, ${what}: ${paid.milliseconds.toFixed(0)} ms, ${paid.calls} calls\n`);
    return paid;
  };
  try {
    const create = await cost('create', () => contender.create());
    await assertServers(contender.name, SERVERS);
    const noOps: Record<string, Cost> = {};
    for (const [what, deed] of Object.entries(contender.noOps)) noOps[what] = await cost(what, deed);
    const remove = await cost('delete', () => contender.remove());
    await assertServers(contender.name, 0);
    return { name: contender.name, create, noOps, remove };
  } catch (error) {
    // The cloud may be somebody's laboratory: what was made is taken away. What fails now is told by the first error.
    await contender.remove().catch(() => undefined);
    throw error;
  } finally {
    await contender.close();
  }
}

/** @throws Error unless the cloud has so many ACTIVE servers of the benchmark, and no others of it */
async function assertServers(name: string, count: number): Promise<void> {
  const session = await openSession(AUTH_URL, LAB, { connections: 1 });
  const { servers } = await session.call('GET', 'compute', `/servers/detail?name=^bench-`);
  await session.close();
  const found = servers as { status: string }[];
  if (found.length !== count || found.some(({ status }) => status !== 'ACTIVE'))
    throw new Error(`${name} left ${found.length} servers instead of ${count}`);
}

async function bringUp(name: string, ...words: readonly string[]): Promise<boolean> {
  const code = await script(name, ...words);
  if (code !== 0 && code !== CANNOT) throw new Error(`${join(LABORATORY, name)} ended with code ${code}`);
  if (code === CANNOT)
    process.stderr.write(`\nSKIPPED, NOT MEASURED: ${name} cannot run on this machine (its reason is above)\n\n`);
  return code === 0;
}

async function script(name: string, ...words: readonly string[]): Promise<number | null> {
  const { code, output } = await runCommand([join(LABORATORY, name), ...words]);
  process.stderr.write(output);
  return code;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
