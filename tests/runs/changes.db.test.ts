/**
 * Changes of a living deployment on the real engine and database, with a cloud in memory: what is made, changed and removed,
 * and what is left when something fails.
 */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../../src/app/app.ts';
import type { ChangeAnswer } from '../../src/app/plan-for-change.ts';
import type { Deployment } from '../../src/contract/deployment.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { type House, openHouse } from '../kit/house.ts';
import { createMemoryRegion, type MemoryCall, MemoryFault, type MemoryRegion } from '../kit/memory-region.ts';

const caller: Caller = { keyId: 'test', name: 'test', scope: 'admin' };
const TEMPLATE = {
  name: 'stack',
  vm_config: {
    web: { flavor: 'small', image: 'linux', count: 2, min_count: 1, max_count: 5, metadata: { role: 'front' } },
    db: { flavor: 'small', image: 'linux', count: 1 },
  },
  network_config: { cidr: '10.0.0.0/16', subnets: { web: '10.0.1.0/24', db: '10.0.2.0/24' }, router: {} },
};

let database: TestDatabase;
let house: House;
let region: MemoryRegion;
let id: string;

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
beforeEach(async () => {
  region.before = () => {};
  region.after = () => {};
  id = (await house.app.createDeployment(caller, { name: 'job', template: 'stack', cloud_region: 'here' }, {})).id;
  await settled();
  region.calls.length = 0;
});
afterEach(async () => {
  region.before = () => {};
  region.after = () => {};
  const { status } = await house.app.getDeployment(id);
  if (status === 'DELETED') return;
  await house.app.deleteDeployment(caller, id);
  const gone = await settled();
  if (gone.status !== 'DELETED' || region.objects.size > 0)
    throw new Error(`after the delete it is ${gone.status}, and ${[...region.objects.keys()].join(', ')} is left`);
});

async function settled(): Promise<Deployment> {
  for await (const events of house.app.followEvents(id, 0, AbortSignal.timeout(20_000))) void events;
  return house.app.getDeployment(id);
}

async function changed(change: Promise<ChangeAnswer>): Promise<Deployment> {
  expect((await change).started).toBe(true);
  return settled();
}

const scale = (vm_type: string, target_count: number, dryRun = false): Promise<ChangeAnswer> =>
  house.app.scaleDeployment(caller, id, { vm_type, target_count }, { dryRun });
const update = (body: Parameters<House['app']['updateDeployment']>[2], dryRun = false): Promise<ChangeAnswer> =>
  house.app.updateDeployment(caller, id, body, { dryRun });

const ordinals = ({ resources }: Deployment, tier: string): number[] =>
  (resources.tiers[tier] ?? []).map(({ ordinal }) => ordinal);
const changesOf = (verb: MemoryCall['verb']): string[] =>
  region.calls.filter((call) => call.verb === verb).map(({ key }) => key);
const lastRun = async () => (await house.app.listRuns(id)).items[0];
const conditionOf = ({ conditions }: Deployment, type: string) => conditions.find((one) => one.type === type);
function failing(verb: MemoryCall['verb'], key: string): void {
  region.before = (call) => {
    if (call.verb === verb && call.key === key)
      throw new MemoryFault({ class: 'permanent', type: 'QuotaExceeded', message: 'no more' });
  };
}

/** A promise that a test resolves. */
function signalled(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

describe('scaling', () => {
  it('out makes servers like those of the tier, with new ordinals and addresses, and nothing else', async () => {
    const done = await changed(scale('web', 4));
    expect(done.status).toBe('COMPLETED');
    expect(ordinals(done, 'web')).toEqual([1, 2, 3, 4]);
    expect(changesOf('create').toSorted()).toEqual(['server/web/3', 'server/web/4']);
    expect(changesOf('remove')).toEqual([]);
    const added = [...region.objects.values()].find(({ mark }) => mark.key === 'server/web/4');
    expect(added?.wanted).toMatchObject({ flavor: 'small', image: 'linux', metadata: { role: 'front' } });
    expect(Object.values(done.resources.vm_ips)).toHaveLength(new Set(Object.values(done.resources.vm_ips)).size);
    expect(done.metadata).toMatchObject({ previous_count: 2, current_count: 4, scaled_vm_type: 'web' });
    expect(done.parameters).toMatchObject({ web_count: 4 });
  });

  it('in removes the last created first', async () => {
    await changed(scale('web', 4));
    region.calls.length = 0;
    const done = await changed(scale('web', 1));
    expect(ordinals(done, 'web')).toEqual([1]);
    expect(changesOf('remove').toSorted()).toEqual(['server/web/2', 'server/web/3', 'server/web/4']);
    expect(changesOf('create')).toEqual([]);
  });

  it('to the size that it has does nothing', async () => {
    expect(await scale('web', 2)).toMatchObject({ started: false, answer: { operation: 'none' } });
    expect((await house.app.listRuns(id)).items).toHaveLength(1);
  });

  it.each([
    ['nowhere', 2, /no tier nowhere.*/, 'Use one of: web, db.'],
    ['web', 0, /takes 1 to 5 servers, not 0/, 'Ask for 1 to 5.'],
    ['web', 6, /takes 1 to 5 servers, not 6/, 'Ask for 1 to 5.'],
  ])('of %s to %i is refused and names the bounds', async (tier, count, words, remedy) => {
    await expect(scale(tier, count)).rejects.toMatchObject({
      code: 'invalid_parameters',
      detail: expect.stringMatching(words),
      remedy,
    });
  });

  it('is refused while another run goes on, which is named', async () => {
    const first = await scale('web', 3);
    const runId = first.started ? first.answer.run_id : '';
    await expect(scale('web', 4)).rejects.toMatchObject({
      code: 'run_in_progress',
      detail: expect.stringContaining(runId),
    });
    await settled();
  });

  it('out that fails removes what it added, and leaves the deployment COMPLETED with a condition and a failed run', async () => {
    failing('create', 'server/web/4');
    const done = await changed(scale('web', 4));
    expect(done).toMatchObject({ status: 'COMPLETED', error: null });
    expect(ordinals(done, 'web')).toEqual([1, 2]);
    expect(conditionOf(done, 'Degraded')).toMatchObject({ status: 'True', reason: 'QuotaExceeded' });
    expect(await lastRun()).toMatchObject({ kind: 'scale', status: 'failed', error: { rollback_completed: true } });
    expect(done.parameters).not.toMatchObject({ web_count: 4 });
    region.before = () => {};
    const again = await changed(scale('web', 3));
    expect(conditionOf(again, 'Degraded')).toMatchObject({ status: 'False' });
  });

  it('that failed is continued by a retry', async () => {
    failing('create', 'server/web/3');
    await changed(scale('web', 3));
    region.before = () => {};
    await house.app.retryDeployment(caller, id);
    const done = await settled();
    expect(ordinals(done, 'web')).toEqual([1, 2, 3]);
    expect(done.metadata).toMatchObject({ previous_count: 2, current_count: 3 });
  });

  it('survives an answer that is lost', async () => {
    let lost = 0;
    region.after = ({ verb, key }) => {
      if (verb === 'create' && key === 'server/web/3' && (lost += 1) <= 1)
        throw new MemoryFault({ class: 'unknown-outcome' });
    };
    const done = await changed(scale('web', 3));
    expect(ordinals(done, 'web')).toEqual([1, 2, 3]);
    expect([...region.objects.values()].filter(({ mark }) => mark.key === 'server/web/3')).toHaveLength(1);
  });
});

describe('updating', () => {
  it('shows what is made, changed, replaced and removed, and why, and does nothing on a dry run', async () => {
    const shown = await update(
      {
        vm_config: { web: { image: 'newer' }, db: { flavor: 'large' } },
        network_config: { subnets: { more: '10.0.3.0/24' } },
      },
      true,
    );
    const nodes = shown.started ? [] : (shown.answer.plan?.nodes ?? []);
    expect(nodes.map(({ key, does }) => [key, does]).toSorted(([a = ''], [b = '']) => a.localeCompare(b))).toEqual([
      ['interface/more', 'create'],
      ['server/db/1', 'update in place'],
      ['server/web/1', 'replace'],
      ['server/web/2', 'replace'],
      ['subnet/more', 'create'],
    ]);
    const replaced = nodes.find(({ key }) => key === 'server/web/1');
    expect(replaced).toMatchObject({
      reason: 'image cannot be changed on a living server',
      changes: [{ field: 'image', from: 'linux', to: 'newer' }],
    });
    expect(region.calls.filter(({ verb }) => ['create', 'update', 'remove'].includes(verb))).toEqual([]);
    expect((await house.app.listRuns(id)).items).toHaveLength(1);
  });

  it('changes a flavor where the server stands', async () => {
    const before = await house.app.getDeployment(id);
    const done = await changed(update({ vm_config: { web: { flavor: 'large' } } }));
    expect(done.status).toBe('COMPLETED');
    expect(done.resources.vm_ids.toSorted()).toEqual(before.resources.vm_ids.toSorted());
    expect(changesOf('update').toSorted()).toEqual(['server/web/1', 'server/web/2']);
    const flavors = [...region.objects.values()].flatMap(({ mark, wanted }) =>
      mark.key.startsWith('server/web') ? [wanted['flavor']] : [],
    );
    expect(flavors).toEqual(['large', 'large']);
  });

  it('replaces servers one at a time for another image, and keeps their addresses', async () => {
    const before = await house.app.getDeployment(id);
    const done = await changed(update({ vm_config: { web: { image: 'newer' } } }));
    const order = region.calls.filter(({ verb }) => verb === 'create' || verb === 'remove');
    expect(order.map(({ verb, key }) => `${verb} ${key}`)).toEqual([
      'remove server/web/1',
      'create server/web/1',
      'remove server/web/2',
      'create server/web/2',
    ]);
    const ips = (one: Deployment): unknown => one.resources.tiers['web']?.map(({ ip }) => ip);
    expect(ips(done)).toEqual(ips(before));
    expect(done.resources.vm_ids.filter((vm) => before.resources.vm_ids.includes(vm))).toHaveLength(1);
  });

  it('that fails leads back to what was wanted before', async () => {
    let made = 0;
    region.before = ({ verb, key }) => {
      if (verb === 'create' && key === 'server/web/2' && (made += 1) === 1)
        throw new MemoryFault({ class: 'permanent', type: 'ImageBroken', message: 'no such format' });
    };
    const done = await changed(update({ vm_config: { web: { image: 'newer' } } }));
    expect(done.status).toBe('COMPLETED');
    expect(await lastRun()).toMatchObject({ kind: 'update', status: 'failed', error: { type: 'ImageBroken' } });
    const images = [...region.objects.values()].flatMap(({ mark, wanted }) =>
      mark.key.startsWith('server/web') ? [wanted['image']] : [],
    );
    expect(images).toEqual(['linux', 'linux']);
    expect(conditionOf(done, 'Degraded')?.message).toContain('no such format');
  });

  it('adds and removes subnets and tiers, and keeps what was changed before', async () => {
    await changed(
      update({
        network_config: { subnets: { more: '10.0.3.0/24' } },
        vm_config: { cache: { flavor: 'small', image: 'linux', count: 2, subnet: 'more' } },
      }),
    );
    await changed(update({ vm_config: { web: { flavor: 'large' } } }));
    const grown = await changed(scale('cache', 3));
    expect(ordinals(grown, 'cache')).toEqual([1, 2, 3]);
    const shrunk = await changed(update({ vm_config: { cache: null }, network_config: { subnets: { more: null } } }));
    expect(Object.keys(shrunk.resources.tiers).toSorted()).toEqual(['db', 'web']);
    expect(Object.keys(shrunk.resources.subnets)).toEqual(['db', 'web']);
  });

  it('to what the template says already starts nothing', async () => {
    expect(await update({ vm_config: { web: { flavor: 'small' } } })).toMatchObject({ answer: { operation: 'none' } });
    expect((await house.app.listRuns(id)).items).toHaveLength(1);
  });

  it('to what is there already does nothing', async () => {
    expect(await update({ vm_config: { web: { count: 2 } }, parameters: {} }, true)).toMatchObject({
      answer: { plan: { total: 0 } },
    });
  });

  it.each([
    [{ network_config: { subnets: { web: '10.0.9.0/24' } } }, '/network_config/subnets/web', /living subnet/],
    [{ network_config: { subnets: { web: null } } }, '/network_config/subnets/web', /while tier web is on it/],
    [{ vm_config: { cache: { flavor: 'small', image: 'linux' } } }, '/vm_config/cache/count', /whole number/],
    [{ vm_config: { web: { count: 9 } } }, '/vm_config/web/count', /takes from 1 to 5/],
    [{ parameters: { web_count: 9 } }, '/parameters/web_count', /takes from 1 to 5/],
  ])('refuses %j at the field that is wrong', async (body, pointer, words) => {
    await expect(update(body)).rejects.toMatchObject({
      code: 'invalid_parameters',
      faults: expect.arrayContaining([expect.objectContaining({ pointer, detail: expect.stringMatching(words) })]),
    });
  });

  it('that is cancelled leads back as well', async () => {
    const [held, reached] = [signalled(), signalled()];
    region.before = async ({ verb, key }) => {
      if (verb !== 'remove' || key !== 'server/web/2') return;
      reached.resolve();
      await held.promise;
    };
    await update({ vm_config: { web: { image: 'newer' } } });
    await reached.promise;
    await house.app.cancelDeployment(caller, id);
    held.resolve();
    const done = await settled();
    expect(done.status).toBe('COMPLETED');
    expect(await lastRun()).toMatchObject({ status: 'cancelled' });
    const images = [...region.objects.values()].flatMap(({ mark, wanted }) =>
      mark.key.startsWith('server/web') ? [wanted['image']] : [],
    );
    expect(images).toEqual(['linux', 'linux']);
  });
});

describe('settings', () => {
  it('are changed without a run, also beside a change, and shown', async () => {
    expect(await update({ drift_policy: 'heal' })).toMatchObject({ started: false, answer: { operation: 'settings' } });
    const budget = { amount_per_month: 100, currency: 'EUR' };
    await update({ budget, ttl: '2h' }, true);
    expect(await house.app.getDeployment(id)).toMatchObject({ drift_policy: 'heal', budget: null, expires_at: null });
    await update({ ttl: '2h' });
    const seen = await house.app.getDeployment(id);
    expect(Date.parse(seen.expires_at ?? '') - Date.now()).toBeGreaterThan(60 * 60_000);
    expect((await house.app.listRuns(id)).items).toHaveLength(1);
    await expect(update({ ttl: 'soon' })).rejects.toMatchObject({ code: 'invalid_ttl' });
  });
});

describe('a plan that was shown', () => {
  const shownId = async (): Promise<string> => {
    const { answer } = await house.app.scaleDeployment(
      caller,
      id,
      { vm_type: 'web', target_count: 3 },
      { dryRun: true },
    );
    return 'plan_id' in answer ? (answer.plan_id ?? '') : '';
  };
  const apply = (planId: string): Promise<ChangeAnswer> =>
    house.app.scaleDeployment(caller, id, { vm_type: 'web', target_count: 3 }, { dryRun: false, planId });

  it('is applied once, as it was shown', async () => {
    const planId = await shownId();
    expect(ordinals(await changed(apply(planId)), 'web')).toEqual([1, 2, 3]);
    await changed(scale('web', 2));
    await expect(apply(planId)).rejects.toMatchObject({ code: 'plan_applied' });
  });

  it('is refused with the difference when the ledger has moved', async () => {
    const planId = await shownId();
    await changed(scale('web', 4));
    await expect(apply(planId)).rejects.toMatchObject({ code: 'plan_stale', faults: expect.any(Array) });
  });
});
