/**
 * The floor: a script that knows exactly what it wants, makes the calls in the best order and waits by listing. It plans
 * nothing, records nothing, and could not continue after a crash.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { type Json, LAB, type OpenStackSession, openSession } from '../openstack-session.ts';
import { type Contender, EXTERNAL_NETWORK, FLAVOR, IMAGE, SERVERS, SUBNETS } from './contender.ts';

const NAME = 'bench-floor';
/** More make the cloud no faster on two processors. */
const CONCURRENCY = 4;
/** Each listing takes processor time from the servers that it waits for. */
const LIST_EVERY_MS = 1_000;
const PATIENCE_MS = 180_000;

interface Made {
  readonly network: string;
  readonly subnets: readonly string[];
  readonly router: string;
  readonly servers: readonly string[];
}

export async function openFloor(authUrl: string, region: string, servers = SERVERS): Promise<Contender> {
  const session = await openSession(authUrl, LAB, { connections: CONCURRENCY, region });
  let made: Made | undefined;
  return {
    name: 'script',
    async create() {
      made = await create(session, servers);
    },
    noOps: { 'look at the cloud': () => lookAtAll(session) },
    async remove() {
      if (made) await remove(session, made);
    },
    close: () => session.close(),
  };
}

async function create(session: OpenStackSession, count: number): Promise<Made> {
  const [flavorRef, imageRef, external] = await Promise.all([
    idOf(session, { service: 'compute', path: '/flavors', key: 'flavors', name: FLAVOR }),
    idOf(session, { service: 'image', path: `/v2/images?name=${IMAGE}`, key: 'images', name: IMAGE }),
    idOf(session, { service: 'network', path: '/v2.0/networks', key: 'networks', name: EXTERNAL_NETWORK }),
  ]);
  const [network, router] = await Promise.all([
    post(session, 'network', '/v2.0/networks', { network: { name: NAME } }),
    post(session, 'network', '/v2.0/routers', {
      router: { name: NAME, external_gateway_info: { network_id: external } },
    }),
  ]);
  const subnets: string[] = [];
  for (const [name, cidr] of Object.entries(SUBNETS)) {
    const subnet = { name: `${NAME}-${name}`, network_id: network, cidr, ip_version: 4 };
    subnets.push(await post(session, 'network', '/v2.0/subnets', { subnet }));
  }
  for (const subnet of subnets)
    await session.call('PUT', 'network', `/v2.0/routers/${router}/add_router_interface`, { subnet_id: subnet });
  const common = { flavorRef, imageRef, networks: [{ uuid: network }], tags: [NAME] };
  const servers = await inParallel(count, (n) =>
    post(session, 'compute', '/servers', { server: { ...common, name: `${NAME}-${n + 1}` } }),
  );
  await untilServers(session, '&status=ACTIVE', count);
  return { network, subnets, router, servers };
}

async function remove(session: OpenStackSession, { network, subnets, router, servers }: Made): Promise<void> {
  await inParallel(servers.length, (n) => session.call('DELETE', 'compute', `/servers/${servers[n]}`));
  await untilServers(session, '', 0);
  for (const subnet of subnets)
    await session.call('PUT', 'network', `/v2.0/routers/${router}/remove_router_interface`, { subnet_id: subnet });
  await session.call('DELETE', 'network', `/v2.0/routers/${router}`);
  await session.call('DELETE', 'network', `/v2.0/networks/${network}`);
}

/** Everything that a comparison would need. */
async function lookAtAll(session: OpenStackSession): Promise<void> {
  await Promise.all([
    session.call('GET', 'compute', `/servers/detail?tags=${NAME}`),
    ...['networks', 'subnets', 'routers', 'ports'].map((key) => session.call('GET', 'network', `/v2.0/${key}`)),
  ]);
}

interface Named {
  readonly service: string;
  readonly path: string;
  readonly key: string;
  readonly name: string;
}

async function idOf(session: OpenStackSession, { service, path, key, name }: Named): Promise<string> {
  const items = (await session.call('GET', service, path))[key] as { id: string; name: string }[];
  const found = items.find((item) => item.name === name);
  if (!found) throw new Error(`the cloud has no ${name} among its ${key}`);
  return found.id;
}

/** @param body `{noun: {...}}`. @returns the id */
async function post(session: OpenStackSession, service: string, path: string, body: Json): Promise<string> {
  const answer = await session.call('POST', service, path, body);
  return (answer[Object.keys(body)[0] ?? ''] as { id: string }).id;
}

async function inParallel<T>(count: number, deed: (n: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) results[n] = await deed(n);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return results;
}

/** @param query what of the script's servers is counted */
async function untilServers(session: OpenStackSession, query: string, count: number): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const { servers } = await session.call('GET', 'compute', `/servers?tags=${NAME}${query}`);
    const found = (servers as unknown[]).length;
    if (found === count) return;
    if (performance.now() > deadline) throw new Error(`${found} of the script's servers are there, not ${count}`);
    await delay(LIST_EVERY_MS);
  }
}
