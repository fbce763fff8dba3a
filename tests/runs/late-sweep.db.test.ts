/**
 * What lands when a run has already ended: after answers were lost, the owner is looked at once more.
 */

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../../src/app/app.ts';
import type { Deployment } from '../../src/contract/deployment.ts';
import type { Logger } from '../../src/ports/logger.ts';
import { sweepLate } from '../../src/runs/late-sweep.ts';
import { createPoller } from '../../src/runs/poller.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { type House, openHouse } from '../kit/house.ts';
import { createMemoryRegion, MemoryFault, type MemoryRegion } from '../kit/memory-region.ts';

const caller: Caller = { keyId: 'test', name: 'test', scope: 'admin' };
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const TEMPLATE = {
  name: 'stack',
  vm_config: { web: { flavor: 'small', image: 'linux', count: 1 } },
  network_config: { cidr: '10.0.0.0/16', subnets: { web: '10.0.1.0/24' }, router: {} },
};

let database: TestDatabase;
let house: House;
let region: MemoryRegion;

beforeAll(async () => {
  database = await createTestDatabase();
  region = createMemoryRegion('here');
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

/** Deploys; the network's first call is answered too late and has not landed when the run ends. */
async function deployWithLostCall(): Promise<Deployment> {
  let isLost = false;
  region.before = ({ verb, key }) => {
    if (isLost || verb !== 'create' || key !== 'network') return;
    isLost = true;
    throw new MemoryFault({ class: 'unknown-outcome' });
  };
  const body = { name: 'job', template: 'stack', cloud_region: 'here' };
  return settled((await house.app.createDeployment(caller, body, {})).id);
}

async function settled(id: string): Promise<Deployment> {
  for await (const events of house.app.followEvents(id, 0, AbortSignal.timeout(20_000))) void events;
  return house.app.getDeployment(id);
}

/** The lost call lands: a second network with the same mark. */
function land(): string {
  const network = [...region.objects.values()].find(({ mark }) => mark.key === 'network');
  if (!network) throw new Error('there is no network');
  const providerId = `late-${randomUUID()}`;
  region.objects.set(providerId, { ...network, providerId });
  return providerId;
}

const makeDue = () => house.pool.query('update runs set sweep_again_at = now() where sweep_again_at is not null');
const sweep = (): Promise<boolean> => {
  const regions = { get: () => region };
  const dependencies = { store: house.store, regions, poller: createPoller(silent), log: silent };
  return sweepLate(dependencies, new AbortController().signal);
};

describe('a late sweep', () => {
  it('removes what has landed after the end, keeps what the ledger knows, and tells', async () => {
    const { id, status } = await deployWithLostCall();
    expect(status).toBe('COMPLETED');
    const before = [...region.objects.keys()];
    const late = land();
    expect(await sweep()).toBe(false);
    await makeDue();
    expect(await sweep()).toBe(true);
    expect([...region.objects.keys()]).toEqual(before);
    const { items } = await house.app.listEvents(id, { after: 0, limit: 1000 });
    expect(items.at(-1)).toMatchObject({ type: 'sweep.removed', key: 'network', data: { provider_id: late } });
    await makeDue();
    expect(await sweep()).toBe(false);
    await house.app.deleteDeployment(caller, id);
    await settled(id);
  });

  it('also looks after a deployment that is deleted by then', async () => {
    const { id } = await deployWithLostCall();
    const network = [...region.objects.values()].find(({ mark }) => mark.owner === id && mark.key === 'network');
    await house.app.deleteDeployment(caller, id);
    expect((await settled(id)).status).toBe('DELETED');
    region.objects.set('late', { ...network!, providerId: 'late' });
    await makeDue();
    expect(await sweep()).toBe(true);
    expect(region.objects.size).toBe(0);
  });

  it('is due again when the cloud could not be asked', async () => {
    const { id } = await deployWithLostCall();
    const late = land();
    region.before = ({ verb }) => {
      if (verb === 'find') throw new MemoryFault({ class: 'permanent' });
    };
    await makeDue();
    expect(await sweep()).toBe(true);
    expect(region.objects.has(late)).toBe(true);
    region.before = () => {};
    await makeDue();
    expect(await sweep()).toBe(true);
    expect(region.objects.has(late)).toBe(false);
    await house.app.deleteDeployment(caller, id);
    await settled(id);
  });

  it('touches nothing once it is told to stop', async () => {
    const { id } = await deployWithLostCall();
    const late = land();
    await makeDue();
    const dependencies = {
      store: house.store,
      regions: { get: () => region },
      poller: createPoller(silent),
      log: silent,
    };
    expect(await sweepLate(dependencies, AbortSignal.abort())).toBe(true);
    expect(region.objects.has(late)).toBe(true);
    await house.app.deleteDeployment(caller, id);
    await settled(id);
    expect(region.objects.size).toBe(0);
  });
});
