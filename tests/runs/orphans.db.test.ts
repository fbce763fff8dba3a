/**
 * Objects of a region that belong to nobody: what is one, what may be deleted, and what stops a sweep.
 */

import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../../src/app/app.ts';
import type { Deployment } from '../../src/contract/deployment.ts';
import type { OrphanReport } from '../../src/contract/drift.ts';
import { noMeasurements } from '../../src/ports/measurements.ts';
import { checkRegion, type WatchSettings } from '../../src/reconcilers/check-region.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { type House, openHouse, silent } from '../kit/house.ts';
import { createMemoryRegion, MemoryFault, type MemoryRegion } from '../kit/memory-region.ts';

const caller: Caller = { keyId: 'test', name: 'test', scope: 'admin' };
const TEMPLATE = {
  name: 'stack',
  vm_config: { web: { flavor: 'small', image: 'linux', count: 1 } },
  network_config: { cidr: '10.0.0.0/16', subnets: { web: '10.0.1.0/24' }, router: {} },
};
const OLD = '2020-01-01T00:00:00Z';

let database: TestDatabase;
let house: House;
let region: MemoryRegion;
/** Of a deployment that was deleted. */
let former: string;
let id: string;

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
beforeEach(async () => {
  former = await deploy();
  await house.app.deleteDeployment(caller, former);
  await settled(former);
  id = await deploy();
  await house.pool.query('delete from orphans');
});
afterEach(async () => {
  region.before = () => {};
  await house.app.deleteDeployment(caller, id);
  await settled(id);
  region.objects.clear();
});

async function deploy(): Promise<string> {
  const made = await house.app.createDeployment(caller, { name: 'job', template: 'stack', cloud_region: 'here' }, {});
  await settled(made.id);
  return made.id;
}

async function settled(of: string): Promise<Deployment> {
  for await (const events of house.app.followEvents(of, 0, AbortSignal.timeout(20_000))) void events;
  return house.app.getDeployment(of);
}

async function sweep(limits: Partial<WatchSettings['sweep']> = {}): Promise<OrphanReport> {
  await house.pool.query('update region_checks set due_at = now()');
  const settings: WatchSettings = {
    everyMs: 60_000,
    healing: { maxRuns: 1, windowMs: 1, maxMissingShare: 50 },
    sweep: { mode: 'delete', graceMs: 600_000, maxCount: 10, maxShare: 100, ...limits },
  };
  const checking = { store: house.store, newId: randomUUID, log: silent, measurements: noMeasurements };
  const watch = { region, settings, heal: async () => {} };
  await checkRegion({ ...checking, confirmAfterMs: 0 }, watch, new AbortController().signal);
  return house.app.listOrphans('here');
}

/** Puts an object into the cloud that nothing stands for. */
function strand(
  key: string,
  more: { owner?: string; createdAt?: string; wanted?: object; kind?: string } = {},
): string {
  const { owner = former, createdAt = OLD, wanted = {}, kind = 'network' } = more;
  const providerId = `stranded ${key} ${randomUUID()}`;
  region.objects.set(providerId, {
    providerId,
    kind: `memory.${kind}`,
    mark: { owner, key, generation: 7 },
    wanted: { ...wanted },
    createdAt,
    pending: 0,
    status: 'ACTIVE',
  });
  return providerId;
}

const verdicts = ({ items }: OrphanReport): string[] => items.map(({ key, verdict }) => `${key} ${verdict}`).toSorted();

describe('a sweep', () => {
  it('deletes what its deleted owner left, dependents first, and puts it on record', async () => {
    const network = strand('network');
    const server = strand('server/web/1', { kind: 'server', wanted: { network_id: network } });
    const before = region.objects.size;
    const report = await sweep();
    expect(region.objects.size).toBe(before - 2);
    expect(
      region.calls
        .filter(({ verb }) => verb === 'remove')
        .slice(-2)
        .map(({ key }) => key),
    ).toEqual(['server/web/1', 'network']);
    expect(report.items.map(({ provider_id, removed_at }) => [provider_id, removed_at !== null])).toEqual(
      expect.arrayContaining([
        [network, true],
        [server, true],
      ]),
    );
    const { items } = await house.app.listEvents(former, { after: 0, limit: 1000 });
    expect(items.slice(-2)).toMatchObject([
      { type: 'sweep.removed' },
      { type: 'sweep.removed', data: { provider_id: network } },
    ]);
    expect((await sweep()).items).toHaveLength(2);
  });

  it('only reports unless it is told to delete', async () => {
    const network = strand('network');
    expect(verdicts(await sweep({ mode: 'report' }))).toEqual(['network orphan']);
    expect(region.objects.has(network)).toBe(true);
  });

  it('never touches what another Groundwork owns, or what names no owner of ours', async () => {
    const kept = [strand('theirs', { owner: randomUUID() }), strand('odd', { owner: 'not an id at all' })];
    expect(verdicts(await sweep())).toEqual(['odd foreign', 'theirs foreign']);
    expect(kept.every((one) => region.objects.has(one))).toBe(true);
  });

  it('leaves young ones, and counts the age of one without a date from when it was first seen', async () => {
    strand('born', { createdAt: new Date().toISOString() });
    strand('undated', { createdAt: new Date(0).toISOString() });
    expect(verdicts(await sweep())).toEqual(['born young', 'undated young']);
    await house.pool.query(`update orphans set first_seen = now() - interval '1 hour'`);
    expect(verdicts(await sweep())).toEqual(['born young', 'undated orphan']);
  });

  it('leaves those whose owner is at work or is going to be looked at once more', async () => {
    const network = strand('network');
    await house.pool.query("update runs set sweep_again_at = now() + interval '1 hour' where deployment_id = $1", [
      former,
    ]);
    expect(verdicts(await sweep())).toEqual(['network busy']);
    await house.pool.query('update runs set sweep_again_at = null');
    await house.pool.query(`update runs set status = 'running' where deployment_id = $1 and kind = 'delete'`, [former]);
    expect(verdicts(await sweep())).toEqual(['network busy']);
    await house.pool.query(`update runs set status = 'succeeded' where deployment_id = $1 and kind = 'delete'`, [
      former,
    ]);
    expect(region.objects.has(network)).toBe(true);
  });

  it('asks once more right before each call', async () => {
    const [server, network] = [strand('server/web/1', { kind: 'server' }), strand('network')];
    const set = (status: string) =>
      house.pool.query(`update runs set status = $2 where deployment_id = $1 and kind = 'delete'`, [former, status]);
    region.before = async ({ verb }) => {
      if (verb === 'remove') await set('running');
    };
    await sweep();
    await set('succeeded');
    expect([region.objects.has(server), region.objects.has(network)]).toEqual([false, true]);
  });

  it('is stopped by its brakes, and says so', async () => {
    const stranded = ['a', 'b', 'c'].map((key) => strand(key));
    expect((await sweep({ maxCount: 2 })).brake).toContain('sweep_max_count (2)');
    expect((await sweep({ maxShare: 30 })).brake).toContain(
      '3 of 8 objects would be deleted, more than sweep_max_share (30 %)',
    );
    expect(stranded.every((one) => region.objects.has(one))).toBe(true);
    expect((await sweep({ maxShare: 40 })).brake).toBeNull();
    expect(stranded.some((one) => region.objects.has(one))).toBe(false);
  });

  it('counts what another Groundwork owns neither for nor against its brake', async () => {
    for (let i = 0; i < 20; i += 1) strand(`theirs/${i}`, { owner: randomUUID() });
    for (const key of ['a', 'b', 'c']) strand(key);
    expect((await sweep({ maxShare: 30 })).brake).toContain('3 of 8 objects');
  });

  it('leaves what refuses to go for the next time, with the reason', async () => {
    const network = strand('network');
    region.before = ({ verb }) => {
      if (verb === 'remove') throw new MemoryFault({ class: 'permanent', message: 'locked' });
    };
    expect((await sweep()).items).toMatchObject([{ provider_id: network, removed_at: null, detail: 'locked' }]);
    region.before = () => {};
    expect((await sweep()).items).toMatchObject([
      { provider_id: network, removed_at: expect.any(String), detail: null },
    ]);
  });

  it('takes a second object of a living owner for drift of it as well', async () => {
    strand('network', { owner: id });
    await sweep({ mode: 'report' });
    expect((await house.app.getDrift(id, { refresh: false })).findings).toMatchObject([
      { key: 'network', type: 'extra' },
    ]);
  });

  it('forgets what went away by itself', async () => {
    strand('a');
    expect(verdicts(await sweep({ mode: 'report' }))).toEqual(['a orphan']);
    region.objects.clear();
    expect((await sweep({ mode: 'report' })).items).toEqual([]);
  });
});
