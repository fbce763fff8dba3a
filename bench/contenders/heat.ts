/**
 * OpenStack Heat. Its servers are twenty resources of the template: a ResourceGroup of twenty needs several times as long
 * to find out that nothing has changed.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { type Json, LAB, type OpenStackSession, openSession, Refused } from '../openstack-session.ts';
import { type Contender, EXTERNAL_NETWORK, FLAVOR, IMAGE, SERVERS, SUBNETS } from './contender.ts';

const NAME = 'bench-heat';
const LOOK_EVERY_MS = 500;
const PATIENCE_MS = 240_000;

/** @param url of Heat's API, with its version */
export async function openHeat(authUrl: string, url: string): Promise<Contender> {
  const session = await openSession(authUrl, LAB, { connections: 2, endpoints: { orchestration: url } });
  const stacks = `/${session.projectId}/stacks`;
  let stack = '';
  const change = { template: TEMPLATE };
  return {
    name: 'Heat',
    async create() {
      const body = { stack_name: NAME, disable_rollback: true, ...change };
      const answer = await session.call('POST', 'orchestration', stacks, body);
      stack = `${stacks}/${NAME}/${(answer['stack'] as { id: string }).id}`;
      await untilStack(session, stack, 'CREATE_COMPLETE');
    },
    noOps: {
      'dry run of an update': async () => {
        await session.call('PUT', 'orchestration', `${stack}/preview`, change);
      },
      'update that changes nothing': async () => {
        await session.call('PUT', 'orchestration', stack, change);
        await untilStack(session, stack, 'UPDATE_COMPLETE');
      },
      'look at the cloud': async () => {
        await session.call('POST', 'orchestration', `${stack}/actions`, { check: null });
        await untilStack(session, stack, 'CHECK_COMPLETE');
      },
    },
    async remove() {
      await session.call('DELETE', 'orchestration', stack);
      await untilStack(session, stack, 'DELETE_COMPLETE');
    },
    close: () => session.close(),
  };
}

async function untilStack(session: OpenStackSession, stack: string, wanted: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const status = await statusOf(session, stack);
    if (status === wanted) return;
    if (status.endsWith('_FAILED')) throw new Error(`the stack is ${status}`);
    if (performance.now() > deadline) throw new Error(`the stack is ${status}, not ${wanted}`);
    await delay(LOOK_EVERY_MS);
  }
}

async function statusOf(session: OpenStackSession, stack: string): Promise<string> {
  try {
    const answer = await session.call('GET', 'orchestration', `${stack}?resolve_outputs=False`);
    return (answer['stack'] as { stack_status: string }).stack_status;
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return 'DELETE_COMPLETE';
    throw error;
  }
}

const named = (name: string): string => `${NAME}-${name}`;
const get = (name: string): Json => ({ get_resource: name });

const TEMPLATE: Json = {
  heat_template_version: '2018-08-31',
  resources: Object.fromEntries<Json>([
    ['network', { type: 'OS::Neutron::Net', properties: { name: NAME } }],
    [
      'router',
      {
        type: 'OS::Neutron::Router',
        properties: { name: NAME, external_gateway_info: { network: EXTERNAL_NETWORK } },
      },
    ],
    ...Object.entries(SUBNETS).flatMap(([name, cidr]): [string, Json][] => [
      [
        `subnet_${name}`,
        { type: 'OS::Neutron::Subnet', properties: { name: named(name), network: get('network'), cidr } },
      ],
      [
        `interface_${name}`,
        { type: 'OS::Neutron::RouterInterface', properties: { router: get('router'), subnet: get(`subnet_${name}`) } },
      ],
    ]),
    ...Array.from({ length: SERVERS }, (_, n): [string, Json] => [`server_${n + 1}`, serverNumber(n + 1)]),
  ]),
};

/** User data as it is: what Heat adds by default is for agents of its own in the server. */
function serverNumber(n: number): Json {
  return {
    type: 'OS::Nova::Server',
    depends_on: Object.keys(SUBNETS).map((name) => `interface_${name}`),
    properties: {
      name: named(String(n)),
      flavor: FLAVOR,
      image: IMAGE,
      networks: [{ network: get('network') }],
      user_data_format: 'RAW',
    },
  };
}
