/**
 * Every call of the cloud failing, one at a time and all together, in a deploy, its rollback and a delete. Each case has
 * a region of its own, so that they run side by side in one house.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../src/app/app.ts';
import type { Deployment } from '../../src/contract/deployment.ts';
import { planDeployment } from '../../src/domain/plan-deployment.ts';
import type { PlanNode } from '../../src/domain/plan.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { type House, openHouse } from '../kit/house.ts';
import {
  createMemoryRegion,
  type MemoryCall,
  MemoryFault,
  type MemoryRegion,
  type MemoryRegionOptions,
} from '../kit/memory-region.ts';

const caller: Caller = { keyId: 'test', name: 'test', scope: 'admin' };
const TEMPLATE = {
  vm_config: {
    web: { flavor: 'small', image: 'linux', count: 2 },
    app: { flavor: 'small', image: 'linux', count: 1 },
  },
  network_config: { cidr: '10.0.0.0/16', subnets: { web: '10.0.1.0/24', app: '10.0.2.0/24' }, router: {} },
};
const NODES: readonly PlanNode[] = planDeployment(
  { id: 'id', name: 'job', region: 'here', provider: 'memory', failurePolicy: 'rollback' },
  TEMPLATE,
  new Map(),
).nodes;

let database: TestDatabase;
let house: House;
const regions: MemoryRegion[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  house = await openHouse(database.url, regions);
  await house.app.createTemplate(caller, { name: 'stack', ...TEMPLATE });
});
afterAll(async () => {
  await house?.stop();
  await database?.drop();
});

function newRegion(options?: MemoryRegionOptions): MemoryRegion {
  const region = createMemoryRegion(`region-${regions.length}`, options);
  regions.push(region);
  return region;
}

async function deploy({ name }: MemoryRegion): Promise<Deployment> {
  const body = { name: 'job', template: 'stack', cloud_region: name };
  return settled((await house.app.createDeployment(caller, body, {})).id);
}

async function remove({ id }: Deployment): Promise<Deployment> {
  await house.app.deleteDeployment(caller, id);
  return settled(id);
}

async function settled(id: string): Promise<Deployment> {
  const patience = AbortSignal.timeout(25_000);
  for await (const events of house.app.followEvents(id, 0, patience)) void events;
  const deployment = await house.app.getDeployment(id);
  if (patience.aborted) throw new Error(`it does not come to an end: ${JSON.stringify(deployment)}`);
  return deployment;
}

/** Keys of what is in the cloud, each as often as it is there. */
const keysIn = (region: MemoryRegion): string[] => [...region.objects.values()].map(({ mark }) => mark.key).toSorted();
const ALL_KEYS = NODES.map(({ key }) => key).toSorted();

/** Throws at the first call that fits. */
function once(verb: MemoryCall['verb'], key: string, fault: MemoryFault): (call: MemoryCall) => void {
  let isSpent = false;
  return (call) => {
    if (isSpent || call.verb !== verb || call.key !== key) return;
    isSpent = true;
    throw fault;
  };
}

/** Throws at the first call of every kind of call. */
function eachOnce(makeFault: () => MemoryFault): (call: MemoryCall) => void {
  const seen = new Set<string>();
  return ({ verb, kind, key }) => {
    const call = `${verb} ${kind} ${key}`;
    if (seen.has(call)) return;
    seen.add(call);
    throw makeFault();
  };
}

describe.concurrent('every call failing once', () => {
  it.each(['transient', 'unknown-outcome'] as const)('as %s is overcome in a deploy and a delete', async (kind) => {
    const region = newRegion({ buildLooks: 1 });
    region.before = eachOnce(() => new MemoryFault({ class: kind }));
    const done = await deploy(region);
    expect([done.status, done.error]).toEqual(['COMPLETED', null]);
    expect(keysIn(region)).toEqual(ALL_KEYS);
    expect((await remove(done)).status).toBe('DELETED');
    expect(keysIn(region)).toEqual([]);
  });

  it('after its effect, with every answer lost, doubles nothing and forgets nothing', async () => {
    const region = newRegion({ buildLooks: 1 });
    region.after = eachOnce(() => new MemoryFault({ class: 'unknown-outcome' }));
    const done = await deploy(region);
    expect([done.status, done.error]).toEqual(['COMPLETED', null]);
    expect(keysIn(region)).toEqual(ALL_KEYS);
    expect((await remove(done)).status).toBe('DELETED');
    expect(keysIn(region)).toEqual([]);
  });

  it('is overcome in a rollback', async () => {
    const region = newRegion();
    const flaky = eachOnce(() => new MemoryFault({ class: 'transient' }));
    const last = once('create', 'server/app/1', new MemoryFault({ class: 'permanent', type: 'QuotaExceeded' }));
    region.before = (call) => {
      last(call);
      flaky(call);
    };
    const failed = await deploy(region);
    expect(failed.error).toMatchObject({ type: 'QuotaExceeded', rollback_completed: true, left_over: [] });
    expect(keysIn(region)).toEqual([]);
  });

  it('too often is a failure like another, which names the call and is rolled back', async () => {
    const region = newRegion();
    region.before = ({ verb, key }) => {
      if (verb === 'create' && key === 'subnet/app') throw new MemoryFault({ class: 'transient', type: 'Unavailable' });
    };
    const failed = await deploy(region);
    expect(failed.error).toMatchObject({
      type: 'Unavailable',
      failed_activity: 'create memory.subnet subnet/app',
      rollback_completed: true,
    });
    expect(region.calls.filter(({ verb, key }) => verb === 'create' && key === 'subnet/app')).toHaveLength(3);
    expect(keysIn(region)).toEqual([]);
  });
});

describe.concurrent('a server whose creation was asked for before, unseen', () => {
  const KEY = 'server/web/2';
  /** The earlier call lands right after ours, with a time before it, and the cloud lets ours fail. */
  const haunted = (ghostStatus: string): MemoryRegion => {
    const region = newRegion({ buildLooks: 2 });
    region.after = ({ verb, key }) => {
      const ours = [...region.objects.values()].find(({ mark }) => mark.key === KEY);
      if (verb !== 'create' || key !== KEY || !ours || region.objects.has('ghost')) return;
      ours.status = 'ERROR';
      const createdAt = new Date(0).toISOString();
      region.objects.set('ghost', { ...ours, providerId: 'ghost', createdAt, status: ghostStatus });
    };
    return region;
  };

  it('gives way to its twin when it fails, and is removed', async () => {
    const region = haunted('ACTIVE');
    const done = await deploy(region);
    expect([done.status, done.error]).toEqual(['COMPLETED', null]);
    expect(done.resources.vm_ids).toContain('ghost');
    expect(keysIn(region)).toEqual(ALL_KEYS);
  });

  it('fails the deployment when its twin fails too, and neither is left', async () => {
    const region = haunted('ERROR');
    const failed = await deploy(region);
    expect(failed.error).toMatchObject({
      type: 'Broken',
      failed_activity: `create memory.server ${KEY}`,
      left_over: [],
    });
    expect(keysIn(region)).toEqual([]);
  });
});

describe.concurrent.each(NODES.map(({ key, kind }) => ({ key, kind })))('$key', ({ key, kind }) => {
  it('that cannot be created fails the deployment, is named, and everything else is undone', async () => {
    const region = newRegion();
    const words = `no ${key} today`;
    const fault = new MemoryFault({ class: 'permanent', type: 'Refused', message: words, requestId: 'req-7' });
    region.before = once('create', key, fault);
    const failed = await deploy(region);
    expect(failed.status).toBe('FAILED');
    expect(failed.error).toEqual({
      type: 'Refused',
      message: words,
      failed_activity: `create ${kind} ${key}`,
      rollback_completed: true,
      left_over: [],
      request_id: 'req-7',
    });
    expect(keysIn(region)).toEqual([]);
    expect(failed.resources).toMatchObject({ network_id: null, router_id: null, subnet_ids: [], vm_ids: [] });
  });

  it('is adopted when the answer of its creation is lost, and deleted when that of its removal is', async () => {
    const region = newRegion();
    region.after = once('create', key, new MemoryFault({ class: 'unknown-outcome' }));
    const done = await deploy(region);
    expect(done.status).toBe('COMPLETED');
    expect(keysIn(region)).toEqual(ALL_KEYS);
    expect(region.calls.filter((call) => call.verb === 'create' && call.key === key)).toHaveLength(1);
    region.after = once('remove', key, new MemoryFault({ class: 'unknown-outcome' }));
    expect((await remove(done)).status).toBe('DELETED');
    expect(keysIn(region)).toEqual([]);
  });

  it('is deleted in a rollback although the answer of its creation never came', async () => {
    const region = newRegion();
    region.after = once('create', key, new MemoryFault({ class: 'permanent', type: 'Garbled' }));
    const failed = await deploy(region);
    expect(failed.error).toMatchObject({ type: 'Garbled', rollback_completed: true, left_over: [] });
    expect(keysIn(region)).toEqual([]);
  });

  it('that cannot be removed is left over by name, and a later delete finishes', async () => {
    const region = newRegion();
    const done = await deploy(region);
    region.before = once('remove', key, new MemoryFault({ class: 'permanent', message: 'it is locked' }));
    const stuck = await remove(done);
    expect(stuck.status).toBe('FAILED');
    expect(stuck.error?.failed_activity).toBe(`delete ${kind} ${key}`);
    expect(stuck.error?.left_over.map((item) => item.key).toSorted()).toEqual(keysIn(region));
    expect(stuck.error?.left_over.find((item) => item.key === key)?.reason).toBe('it is locked');
    expect((await remove(stuck)).status).toBe('DELETED');
    expect(keysIn(region)).toEqual([]);
  });
});

describe.concurrent('a step that takes too long', () => {
  const LIMIT_MS = 1_500;
  /** Never answers, until its caller gives up. */
  const hang = (signal: AbortSignal): Promise<never> =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  const hangAt =
    (verb: MemoryCall['verb'], key: string) =>
    async (call: MemoryCall, signal: AbortSignal): Promise<void> => {
      if (call.verb === verb && call.key === key) await hang(signal);
    };
  const TIMED_OUT = {
    type: 'Timeout',
    message: `server/web/1 was not done within ${LIMIT_MS / 1000} s`,
    failed_activity: 'create memory.server server/web/1',
    rollback_completed: true,
    left_over: [],
  };

  it.each(['before', 'after'] as const)('while it creates (hanging %s the effect) is undone', async (moment) => {
    const region = newRegion({ timeoutMs: LIMIT_MS });
    region[moment] = hangAt('create', 'server/web/1');
    const failed = await deploy(region);
    expect(failed.error).toMatchObject(TIMED_OUT);
    expect(keysIn(region)).toEqual([]);
  });

  it('because it never becomes ready is undone', async () => {
    const region = newRegion({ timeoutMs: LIMIT_MS, buildLooks: 1_000_000 });
    const failed = await deploy(region);
    expect(failed.error).toMatchObject({ type: 'Timeout', rollback_completed: true, left_over: [] });
    expect(keysIn(region)).toEqual([]);
  });

  it('while it is removed is left over, and a later delete finishes', async () => {
    const region = newRegion({ timeoutMs: LIMIT_MS });
    const done = await deploy(region);
    region.before = hangAt('remove', 'server/web/1');
    const stuck = await remove(done);
    expect(stuck.error).toMatchObject({ type: 'Timeout', failed_activity: 'delete memory.server server/web/1' });
    expect(stuck.error?.left_over.map((item) => item.key).toSorted()).toEqual([
      'network',
      'server/web/1',
      'subnet/web',
    ]);
    region.before = () => {};
    expect((await remove(stuck)).status).toBe('DELETED');
    expect(keysIn(region)).toEqual([]);
  });
});

describe.concurrent('a cloud that cannot be looked at', () => {
  it('for servers fails the deployment, and what may be there is left over until it can be', async () => {
    const region = newRegion();
    region.before = ({ verb, kind }) => {
      if (verb === 'find' && kind === 'memory.server') throw new MemoryFault({ class: 'permanent', type: 'Forbidden' });
    };
    const failed = await deploy(region);
    expect(failed.error).toMatchObject({ type: 'Forbidden', rollback_completed: false });
    // Which tier failed first is the engine's affair; the subnet that it stands on and the network remain in any case.
    const remaining = failed.error?.left_over.map((item) => item.key) ?? [];
    expect(remaining).toContain('network');
    expect(remaining.some((key) => key.startsWith('subnet/'))).toBe(true);
    region.before = () => {};
    expect((await remove(failed)).status).toBe('DELETED');
    expect(keysIn(region)).toEqual([]);
  });

  it('while servers are built fails the deployment with its words', async () => {
    const region = newRegion({ buildLooks: 1 });
    region.before = ({ verb }) => {
      if (verb === 'observe') throw new MemoryFault({ class: 'permanent', type: 'Forbidden', message: 'not for you' });
    };
    const failed = await deploy(region);
    expect(failed.error).toMatchObject({ type: 'Forbidden', message: 'not for you', rollback_completed: true });
    expect(keysIn(region)).toEqual([]);
  });
});
