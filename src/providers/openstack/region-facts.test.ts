import { afterEach, describe, expect, it } from 'vitest';

import type { CannedAnswer, CannedCloud, CannedRequest } from '../../../tests/kit/canned-cloud.ts';
import { openCannedCloud } from '../../../tests/kit/canned-cloud.ts';
import type { Region } from '../../ports/driver.ts';
import type { Logger } from '../../ports/logger.ts';
import { readCloud } from './clouds-yaml.ts';
import { createOpenStackRegion } from './region.ts';

const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
const ctx = { signal: new AbortController().signal, beforeEffect: () => Promise.resolve() };
const OWNER = '0198f3a0-0000-7000-8000-000000000001';
const OTHER = '0198f3a0-0000-7000-8000-000000000002';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function open(
  answer: (request: CannedRequest) => CannedAnswer,
): Promise<{ canned: CannedCloud; region: Region }> {
  const canned = await openCannedCloud(answer);
  const cloudsYamlText = `clouds: {lab: {auth: {auth_url: "${canned.url}", username: u, password: p, project_name: p}}}`;
  const cloud = readCloud({ cloudsYamlText, env: {}, cloudName: 'lab', path: 'clouds.yaml' });
  const region = createOpenStackRegion({ name: 'here', cloud, log });
  cleanups.push(
    () => region.close(),
    () => canned.close(),
  );
  return { canned, region };
}

const LIMITS = {
  maxTotalInstances: 10,
  totalInstancesUsed: 3,
  maxTotalCores: -1,
  totalCoresUsed: 6,
  maxTotalRAMSize: 51_200,
  totalRAMUsed: 4096,
};
const missing = { status: 404, body: { NeutronError: { type: 'HTTPNotFound', message: 'no', detail: '' } } };

describe('quotas of a project', () => {
  it('tells limits and use of both services, what is reserved being used', async () => {
    const row = { limit: 10, used: 2, reserved: 1 };
    const { region, canned } = await open(({ path }) =>
      path.endsWith('/limits')
        ? { body: { limits: { rate: [], absolute: LIMITS } } }
        : { body: { quota: { network: row, subnet: row, router: row, port: { ...row, limit: -1 }, floatingip: row } } },
    );
    expect(await region.quotas?.(ctx)).toEqual({
      instances: { limit: 10, used: 3 },
      cores: { limit: null, used: 6 },
      ram_mb: { limit: 51_200, used: 4096 },
      networks: { limit: 10, used: 3 },
      subnets: { limit: 10, used: 3 },
      routers: { limit: 10, used: 3 },
      ports: { limit: null, used: 3 },
    });
    expect(canned.requests).toHaveLength(2);
  });

  it('leaves out what the cloud does not tell', async () => {
    const { totalCoresUsed: _, ...less } = LIMITS;
    const { region } = await open(({ path }) =>
      path.endsWith('/limits') ? { body: { limits: { rate: [], absolute: less } } } : missing,
    );
    expect(Object.keys((await region.quotas?.(ctx)) ?? {})).toEqual(['instances', 'ram_mb']);
  });

  it('throws when a service is away, for that is no answer', async () => {
    const { region } = await open(({ path }) => (path.endsWith('/limits') ? { status: 503 } : missing));
    await expect(region.quotas?.(ctx)).rejects.toThrow('503');
  });
});

const described = (owner: string, key: string) => `groundwork owner=${owner} key=${key} generation=1`;

describe('everything of ours in a region', () => {
  it('is found whoever owns it, interfaces by those they join, and nothing of others', async () => {
    const marked = (id: string, key: string, owner = OWNER) => ({ id, description: described(owner, key) });
    const lists: Record<string, object[]> = {
      servers: [
        { id: 's1', name: 'a', status: 'ACTIVE', metadata: metadataOf(OWNER) },
        { id: 's2', name: 'b', status: 'ERROR', metadata: metadataOf(OTHER) },
        { id: 's3', name: 'c', status: 'ACTIVE', metadata: {} },
        { id: 's4', name: 'd', status: 'SOFT_DELETED', metadata: metadataOf(OWNER) },
      ],
      networks: [marked('n1', 'network'), { id: 'n2', description: 'theirs' }],
      subnets: [marked('b1', 'subnet/web'), marked('b2', 'subnet/web', OTHER)],
      routers: [marked('r1', 'router')],
      ports: [
        interfaceOf('p1', 'r1', 'b1'),
        interfaceOf('p2', 'r1', 'b2'), // joins what two owners have
        { ...marked('p3', 'port/vip'), device_owner: '' },
      ],
    };
    const { region } = await open(({ path, query }) => {
      const noun = path.endsWith('/servers/detail') ? 'servers' : (path.split('/').at(-1) ?? '');
      const all = lists[noun] ?? [];
      const owners = query.getAll('device_owner');
      return { body: { [noun]: all.filter((each) => owners.length === 0 || fits(each, owners)) } };
    });
    const found = (await region.findAll?.(ctx)) ?? [];
    expect(found.map(({ kind, providerId, mark }) => `${kind} ${providerId} ${mark.key}`).toSorted()).toEqual([
      'openstack.network n1 network',
      'openstack.port p3 port/vip',
      'openstack.router r1 router',
      'openstack.router-interface p1 interface/web',
      'openstack.server s1 server/web/0',
      'openstack.server s2 server/web/0',
      'openstack.subnet b1 subnet/web',
      'openstack.subnet b2 subnet/web',
    ]);
    expect(found.find(({ providerId }) => providerId === 's2')?.mark.owner).toBe(OTHER);
  });
});

function metadataOf(owner: string): object {
  return { groundwork_owner: owner, groundwork_key: 'server/web/0', groundwork_generation: '1' };
}

function interfaceOf(id: string, router: string, subnet: string): object {
  const device = { device_id: router, device_owner: 'network:router_interface' };
  return { id, description: '', ...device, fixed_ips: [{ subnet_id: subnet, ip_address: '10.0.0.1' }] };
}

function fits(port: object, owners: readonly string[]): boolean {
  return 'device_owner' in port && owners.includes(String(port.device_owner));
}

describe('looking at thousands', () => {
  it('lists everything once, and asks by id only for what is not in the list', async () => {
    const ids = Array.from({ length: 1000 }, (_, index) => `n${index}`);
    const { region, canned } = await open(({ query }) => {
      const asked = query.getAll('id');
      const all = asked.length > 0 ? asked : ids.slice(1);
      return { body: { networks: all.map((id) => ({ id, name: id, description: described(OWNER, id) })) } };
    });
    const refs = ids.map((id) => ({ providerId: id, mark: { owner: OWNER, key: id, generation: 1 }, wanted: {} }));
    const driver = region.driver('openstack.network');
    const seen = await driver?.observe(refs, ctx);
    expect(seen?.size).toBe(1000);
    expect(canned.requests.map(({ query }) => query.getAll('id'))).toEqual([[], ['n0']]);
    expect(driver?.compare?.({ name: 'n7' }, seen?.get('n7') ?? {}, {})).toEqual([]);
  });
});
