/**
 * How many calls a cloud gets, whoever makes them: a second region in its catalogue, whose endpoints count and hand on to
 * those of the first. The cloud's own services go on using the first among themselves, so only what comes from outside is
 * counted. Tokens are fetched from Keystone itself and not counted for anybody.
 */

import { createServer, type IncomingMessage, request, type ServerResponse, Agent } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type Json, openSession, type OpenStackSession } from './openstack-session.ts';

export const COUNTED_REGION = 'Counted';
const SERVICES = ['compute', 'network', 'image', 'placement'];
const ADMIN = { user: 'admin', password: 'lab', project: 'admin' };

export interface CountedRegion {
  readonly calls: () => number;
  /** Takes the region out of the catalogue. */
  close(): Promise<void>;
}

interface CatalogueEndpoint {
  readonly id: string;
  readonly url: string;
  readonly region: string;
  readonly interface: string;
}

/** @param authUrl Keystone's, with its version */
export async function openCountedRegion(authUrl: string): Promise<CountedRegion> {
  const admin = await openSession(authUrl, ADMIN, { connections: 1, endpoints: { identity: authUrl } });
  await forget(admin);
  await admin.call('PUT', 'identity', `/regions/${COUNTED_REGION}`, { region: {} });
  let calls = 0;
  const doors = await Promise.all(SERVICES.map((type) => openDoor(admin, type, () => (calls += 1))));
  return {
    calls: () => calls,
    async close() {
      await forget(admin);
      await admin.close();
      doors.forEach((close) => close());
    },
  };
}

/** Of an earlier benchmark, too, that did not come to its end. */
async function forget(admin: OpenStackSession): Promise<void> {
  const left = await endpointsOf(admin, `region_id=${COUNTED_REGION}`);
  for (const { id } of left) await admin.call('DELETE', 'identity', `/endpoints/${id}`);
  const { regions } = await admin.call('GET', 'identity', '/regions');
  if ((regions as { id: string }[]).some(({ id }) => id === COUNTED_REGION))
    await admin.call('DELETE', 'identity', `/regions/${COUNTED_REGION}`);
}

async function endpointsOf(admin: OpenStackSession, query: string): Promise<readonly CatalogueEndpoint[]> {
  return (await admin.call('GET', 'identity', `/endpoints?${query}`))['endpoints'] as CatalogueEndpoint[];
}

/** @returns what closes it */
async function openDoor(admin: OpenStackSession, type: string, count: () => void): Promise<() => void> {
  const { services } = await admin.call('GET', 'identity', `/services?type=${type}`);
  const serviceId = (services as { id: string }[])[0]?.id ?? '';
  const genuine = (await endpointsOf(admin, `service_id=${serviceId}`)).find((one) => one.interface === 'public');
  const target = new URL(genuine?.url ?? '');
  const agent = new Agent({ keepAlive: true });
  const server = createServer((incoming, answer) => {
    count();
    handOn(incoming, answer, { target, agent });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}${target.pathname === '/' ? '' : target.pathname}`;
  for (const name of ['public', 'internal', 'admin']) {
    const endpoint: Json = { service_id: serviceId, interface: name, region: COUNTED_REGION, url };
    await admin.call('POST', 'identity', '/endpoints', { endpoint });
  }
  return () => {
    server.close();
    server.closeAllConnections();
    agent.destroy();
  };
}

function handOn(
  incoming: IncomingMessage,
  answer: ServerResponse,
  { target, agent }: { target: URL; agent: Agent },
): void {
  const { method, url: path, headers } = incoming;
  const onward = request({ host: target.hostname, port: target.port, method, path, headers, agent }, (reply) => {
    answer.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(answer);
  });
  onward.on('error', () => answer.destroy());
  incoming.pipe(onward);
}
