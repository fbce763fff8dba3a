/**
 * What we add to the cloud's own time: a network, a subnet and 100 servers on a cloud without delays, by Groundwork and by
 * a script that makes the same calls with the same concurrency and also waits by listing, but plans, records and recovers
 * nothing.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { startControlPlane } from './control-plane.ts';
import { deploy, untilCompleted } from './deployments.ts';
import { type Json, LAB, type OpenStackSession, openSession } from './openstack-session.ts';
import { median } from './quantiles.ts';
import { startSimulatedRegion } from './simulated-region.ts';

export const SERVERS = 100;
/** Network, subnet and servers. */
export const RESOURCES = SERVERS + 2;
export const CONCURRENCY = 16;
const ROUNDS = 5;
/** The pause between two listings, as Groundwork begins with. */
const LIST_EVERY_MS = 250;

/** Medians, in milliseconds from the request to the end. */
export interface Orchestration {
  readonly ours: number;
  readonly script: number;
  readonly overheadPerResource: number;
}

export async function measureOrchestration(): Promise<Orchestration> {
  const cloud = await startSimulatedRegion();
  const server = await startControlPlane(cloud.authUrl, 'unlimited');
  const [ours, script]: [number[], number[]] = [[], []];
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      script.push(await timeScript(cloud.authUrl, `script-${round}`));
      ours.push(await timeOurs(server.client, `ours-${round}`));
    }
  } finally {
    await Promise.all([server.stop(), cloud.stop()]);
  }
  const overhead = median(ours) - median(script);
  return { ours: median(ours), script: median(script), overheadPerResource: overhead / RESOURCES };
}

/** From before the request is sent until the event that says COMPLETED: what is asked for afterwards takes no part. */
async function timeOurs(client: Parameters<typeof deploy>[0], name: string): Promise<number> {
  const began = Date.now();
  const id = await deploy(client, 'many-servers', name);
  await untilCompleted(client, id, 60);
  const { items } = await client.call('listEvents', { params: { id }, query: { limit: 1000 } });
  const end = items.find(({ type }) => type === 'run.finished');
  return Date.parse(end?.at ?? '') - began;
}

async function timeScript(authUrl: string, name: string): Promise<number> {
  const began = performance.now();
  const session = await openSession(authUrl, LAB, { connections: CONCURRENCY });
  const network = await create(session, 'network', '/v2.0/networks', { network: { name } });
  const subnet = { name, network_id: network, cidr: '10.0.0.0/22', ip_version: 4 };
  await create(session, 'network', '/v2.0/subnets', { subnet });
  const [flavors, images] = await Promise.all([
    session.call('GET', 'compute', '/flavors'),
    session.call('GET', 'image', '/v2/images?name=ubuntu-22.04'),
  ]);
  const common = {
    flavorRef: (flavors['flavors'] as { id: string; name: string }[]).find((flavor) => flavor.name === 'm1.tiny')?.id,
    imageRef: (images['images'] as { id: string }[])[0]?.id,
    networks: [{ uuid: network }],
    tags: [name],
  };
  const numbers = Array.from({ length: SERVERS }, (_, n) => n + 1);
  const worker = async (): Promise<void> => {
    for (let n = numbers.shift(); n !== undefined; n = numbers.shift())
      await create(session, 'compute', '/servers', { server: { ...common, name: `${name}-${n}` } });
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  while ((await activeServers(session, name)) < SERVERS) await delay(LIST_EVERY_MS);
  const took = performance.now() - began;
  await session.close();
  return took;
}

/** @param body `{noun: {...}}`. @returns the id */
async function create(session: OpenStackSession, service: string, path: string, body: Json): Promise<string> {
  const answer = await session.call('POST', service, path, body);
  return (answer[Object.keys(body)[0] ?? ''] as { id: string }).id;
}

async function activeServers(session: OpenStackSession, tag: string): Promise<number> {
  const { servers } = await session.call('GET', 'compute', `/servers/detail?tags-any=${tag}`);
  return (servers as { status: string }[]).filter(({ status }) => status === 'ACTIVE').length;
}
