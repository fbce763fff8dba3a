/**
 * The main job on the real engine and database, with a cloud in memory: what is made, in which order, and what is left
 * when something fails.
 */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../../src/app/app.ts';
import type { Deployment } from '../../src/contract/deployment.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { type House, openHouse } from '../kit/house.ts';
import { createMemoryRegion, MemoryFault, type MemoryRegion } from '../kit/memory-region.ts';

const caller: Caller = { keyId: 'test', name: 'test', scope: 'admin' };
const TEMPLATE = {
  name: 'web-app-stack',
  vm_config: {
    web: { flavor: 'small', image: 'linux', count: 2 },
    app: { flavor: 'small', image: 'linux', count: 3 },
  },
  network_config: {
    cidr: '10.0.0.0/16',
    subnets: { web: '10.0.1.0/24', app: '10.0.2.0/24' },
    router: {},
  },
};

let database: TestDatabase;
let house: House;
let region: MemoryRegion;

beforeAll(async () => {
  database = await createTestDatabase();
  region = createMemoryRegion('here', { buildLooks: 1 });
  house = await openHouse(database.url, [region]);
  await house.app.createTemplate(caller, TEMPLATE);
});
afterAll(async () => {
  await house?.stop();
  await database?.drop();
});
beforeEach(() => {
  region.before = () => {};
  region.after = () => {};
  region.calls.length = 0;
});

async function deploy(more: object = {}): Promise<string> {
  const body = { name: 'job', template: 'web-app-stack', cloud_region: 'here', ...more };
  return (await house.app.createDeployment(caller, body, {})).id;
}

async function settled(id: string): Promise<Deployment> {
  for await (const events of house.app.followEvents(id, 0, AbortSignal.timeout(20_000))) void events;
  return house.app.getDeployment(id);
}

describe('deploy', () => {
  it('makes every resource once, in an order that respects what stands on what', async () => {
    const id = await deploy();
    const done = await settled(id);
    expect(done.error).toBeNull();
    expect(done.status).toBe('COMPLETED');
    expect(done.resources.vm_ids).toHaveLength(5);
    expect(done.resources.tiers['web']?.map(({ ip, ordinal }) => [ordinal, ip])).toEqual([
      [1, '10.0.1.10'],
      [2, '10.0.1.11'],
    ]);
    expect(region.objects.size).toBe(1 + 2 + 1 + 2 + 5);
    const order = region.calls.filter((call) => call.verb === 'create').map((call) => call.key);
    expect(order.indexOf('subnet/web')).toBeLessThan(order.indexOf('server/web/1'));
    expect(new Set(order).size).toBe(order.length);
    await house.app.deleteDeployment(caller, id);
    const gone = await settled(id);
    expect(gone.status).toBe('DELETED');
    expect([...region.objects.keys()]).toEqual([]);
  });

  it('numbers events without gaps and tells of every node', async () => {
    const id = await deploy();
    await settled(id);
    const { items, end } = await house.app.listEvents(id, { after: 0, limit: 1000 });
    expect(items.map((event) => event.seq)).toEqual(items.map((_, index) => index + 1));
    expect(items.filter((event) => event.type === 'node.done')).toHaveLength(11);
    expect(end).toBe(true);
    await house.app.deleteDeployment(caller, id);
    await settled(id);
  });

  it('rolls back what was made, parallel siblings included, when one node fails for good', async () => {
    region.before = ({ verb, key }) => {
      if (verb === 'create' && key === 'server/app/2')
        throw new MemoryFault({
          class: 'permanent',
          type: 'QuotaExceeded',
          message: 'Quota exceeded for instances',
          requestId: 'req-1',
        });
    };
    const id = await deploy();
    const failed = await settled(id);
    expect(failed.status).toBe('FAILED');
    expect(failed.error).toMatchObject({
      type: 'QuotaExceeded',
      message: 'Quota exceeded for instances',
      failed_activity: 'create memory.server server/app/2',
      rollback_completed: true,
      left_over: [],
      request_id: 'req-1',
    });
    expect([...region.objects.keys()]).toEqual([]);
  });

  it('tries a passing failure again, and adopts what a lost answer had made', async () => {
    let [refused, lost] = [0, 0];
    region.before = ({ verb, key }) => {
      if (verb === 'create' && key === 'router' && (refused += 1) <= 1) throw new MemoryFault({ class: 'transient' });
    };
    region.after = ({ verb, key }) => {
      if (verb === 'create' && key === 'network' && (lost += 1) <= 1)
        throw new MemoryFault({ class: 'unknown-outcome' });
    };
    const id = await deploy();
    expect((await settled(id)).status).toBe('COMPLETED');
    expect([...region.objects.values()].filter((object) => object.kind === 'memory.network')).toHaveLength(1);
    expect(refused).toBe(2);
    await house.app.deleteDeployment(caller, id);
    await settled(id);
    expect(region.objects.size).toBe(0);
  });

  it('leaves an honest list when the rollback itself fails, and a later delete finishes it', async () => {
    region.before = ({ verb, key }) => {
      if (verb === 'create' && key === 'server/web/1') throw new MemoryFault({ class: 'permanent' });
      if (verb === 'remove' && key === 'subnet/app')
        throw new MemoryFault({ class: 'permanent', message: 'the cloud says no' });
    };
    const id = await deploy();
    const failed = await settled(id);
    expect(failed.error?.rollback_completed).toBe(false);
    expect(failed.error?.left_over.map(({ key, reason }) => [key, reason])).toEqual([
      ['network', 'something that stands on it could not be removed'],
      ['subnet/app', 'the cloud says no'],
    ]);
    region.before = () => {};
    await house.app.deleteDeployment(caller, id);
    expect((await settled(id)).status).toBe('DELETED');
    expect(region.objects.size).toBe(0);
  });

  it('holds everything when that is the policy, and a retry goes on from the node that failed', async () => {
    let broken = true;
    region.before = ({ verb, key }) => {
      if (broken && verb === 'create' && key === 'server/web/2') throw new MemoryFault({ class: 'permanent' });
    };
    const id = await deploy({ failure_policy: 'hold' });
    const held = await settled(id);
    expect(held.status).toBe('FAILED');
    expect(held.progress?.run_status).toBe('held');
    expect(region.objects.size).toBe(10);
    broken = false;
    region.calls.length = 0;
    await house.app.retryDeployment(caller, id);
    expect((await settled(id)).status).toBe('COMPLETED');
    expect(region.calls.filter((call) => call.verb === 'create').map((call) => call.key)).toEqual(['server/web/2']);
    await house.app.deleteDeployment(caller, id);
    await settled(id);
    expect(region.objects.size).toBe(0);
  });

  it('undoes a held deployment on cancel', async () => {
    region.before = ({ verb, key }) => {
      if (verb === 'create' && key === 'server/web/2') throw new MemoryFault({ class: 'permanent' });
    };
    const id = await deploy({ failure_policy: 'hold' });
    await settled(id);
    await house.app.cancelDeployment(caller, id);
    const cancelled = await settled(id);
    expect(cancelled.error).toMatchObject({ type: 'Cancelled', rollback_completed: true });
    expect(region.objects.size).toBe(0);
  });
});

describe('orders during a run', () => {
  it('cancel stops and undoes', async () => {
    const reached = gate();
    region.before = ({ verb, key }) => (verb === 'create' && key === 'server/web/1' ? reached.pass() : undefined);
    const id = await deploy();
    await reached.arrived;
    await house.app.cancelDeployment(caller, id);
    reached.open();
    const cancelled = await settled(id);
    expect(cancelled.status).toBe('FAILED');
    expect(cancelled.error).toMatchObject({ type: 'Cancelled', rollback_completed: true });
    expect(region.objects.size).toBe(0);
  });

  it('delete stops the run and removes everything; the second delete says the same, a later one 404', async () => {
    const reached = gate();
    region.before = ({ verb, key }) => (verb === 'create' && key === 'server/web/1' ? reached.pass() : undefined);
    const id = await deploy();
    await reached.arrived;
    expect(await house.app.deleteDeployment(caller, id)).toEqual({ id, status: 'DELETING' });
    expect(await house.app.deleteDeployment(caller, id)).toEqual({ id, status: 'DELETING' });
    reached.open();
    expect((await settled(id)).status).toBe('DELETED');
    expect(region.objects.size).toBe(0);
    await expect(house.app.deleteDeployment(caller, id)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('retry during a run is refused and names the run', async () => {
    const reached = gate();
    region.before = ({ verb, key }) => (verb === 'create' && key === 'server/web/1' ? reached.pass() : undefined);
    const id = await deploy();
    await reached.arrived;
    const { progress } = await house.app.getDeployment(id);
    await expect(house.app.retryDeployment(caller, id)).rejects.toMatchObject({
      code: 'run_in_progress',
      detail: expect.stringContaining(progress?.run_id ?? '-'),
    });
    reached.open();
    await settled(id);
    await house.app.deleteDeployment(caller, id);
    await settled(id);
  });
});

function gate() {
  let arrive = (): void => {};
  let open = (): void => {};
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { arrived, open: () => open(), pass: () => (arrive(), opened) };
}
