/**
 * A server that is built for ever: the deployment is said to be stalled, once, and no longer when it goes on.
 */

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Caller } from '../../src/app/app.ts';
import type { Condition } from '../../src/domain/deployment.ts';
import { tellStalled } from '../../src/reconcilers/tell-stalled.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { type House, openHouse, silent } from '../kit/house.ts';
import { createMemoryRegion, type MemoryRegion } from '../kit/memory-region.ts';

const caller: Caller = { keyId: 'test', name: 'test', scope: 'admin' };
const TEMPLATE = {
  name: 'stack',
  vm_config: { web: { flavor: 'small', image: 'linux', count: 1 } },
  network_config: { cidr: '10.0.0.0/16', subnets: { web: '10.0.1.0/24' } },
};

let database: TestDatabase;
let house: House;
let region: MemoryRegion;

beforeAll(async () => {
  database = await createTestDatabase();
  region = createMemoryRegion('here', { buildLooks: 1_000_000, timeoutMs: 60_000 });
  house = await openHouse(database.url, [region]);
  await house.app.createTemplate(caller, TEMPLATE);
});
afterAll(async () => {
  await house?.stop();
  await database?.drop();
});

const watch = () => tellStalled({ store: house.store, log: silent }, new AbortController().signal);
const stalled = async (id: string): Promise<Condition | undefined> =>
  (await house.app.getDeployment(id)).conditions.find(({ type }) => type === 'Stalled');
const tellings = async (id: string): Promise<number> => {
  const { items } = await house.app.listEvents(id, { after: 0, limit: 1000 });
  return items.filter(({ type, data }) => type === 'deployment.condition' && data['type'] === 'Stalled').length;
};

async function waitForServer(id: string): Promise<void> {
  const look = async (): Promise<void> => {
    const { summary } = await house.app.explainDeployment(id);
    expect(summary).toMatch(/server\/web\/1: the cloud says BUILD/);
  };
  await vi.waitFor(look, { timeout: 10_000 });
}

/** As if it had been at work for ten minutes more. */
const age = (id: string) =>
  house.pool.query(
    `update run_nodes n set started_at = n.started_at - interval '10 minutes'
       from runs r where r.id = n.run_id and r.deployment_id = $1 and n.key = 'server/web/1'`,
    [id],
  );

describe('a deployment of which a server takes far too long', () => {
  it('is stalled until it goes on, and is told so once each', async () => {
    const { id } = await house.app.createDeployment(
      caller,
      { name: 'job', template: 'stack', cloud_region: 'here' },
      {},
    );
    await waitForServer(id);
    await watch();
    expect(await stalled(id)).toBeUndefined();

    await age(id);
    await watch();
    expect(await stalled(id)).toMatchObject({
      status: 'True',
      reason: 'TakesLong',
      message: expect.stringMatching(/^server\/web\/1 is at work since \S+Z, longer than the 1 min 30 s /),
    });
    await watch();
    expect(await tellings(id)).toBe(1);
    expect(await house.app.explainDeployment(id)).toMatchObject({
      stalled: true,
      summary: expect.stringMatching(
        /^job waits for server\/web\/1: the cloud says BUILD, for 10 min \d+ s, far more than the estimate of 30 s$/,
      ),
      blocking: {
        remedy: expect.stringMatching(/^Look at memory\.server-\d+ in the cloud; wait, or cancel the run\.$/),
      },
    });

    for (const object of region.objects.values()) object.pending = 0;
    for await (const events of house.app.followEvents(id, 0, AbortSignal.timeout(20_000))) void events;
    expect((await house.app.getDeployment(id)).status).toBe('COMPLETED');
    await watch();
    expect(await stalled(id)).toMatchObject({ status: 'False', reason: 'GoesOn' });
    await watch();
    expect(await tellings(id)).toBe(2);
  });
});
