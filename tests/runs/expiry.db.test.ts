/**
 * Expiry on the real engine and database, with a cloud in memory. The clock of whoever looks is moved by hand.
 */

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../src/app/app.ts';
import { setTimeToLive } from '../../src/app/time-to-live.ts';
import { GroundworkError } from '../../src/domain/errors.ts';
import { expireDeployment } from '../../src/reconcilers/expire-deployments.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { type House, openHouse, silent } from '../kit/house.ts';
import { createMemoryRegion, type MemoryRegion } from '../kit/memory-region.ts';

const caller: Caller = { keyId: 'test', name: 'test', scope: 'admin' };
const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];

let database: TestDatabase;
let house: House;
let region: MemoryRegion;
/** Of whoever looks, before or behind the time of this machine. */
let ahead = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  region = createMemoryRegion('here');
  house = await openHouse(database.url, [region]);
  await house.app.createTemplate(caller, {
    name: 'stack',
    vm_config: { web: { flavor: 'small', image: 'linux', count: 1 } },
    network_config: { cidr: '10.0.0.0/16', subnets: { web: '10.0.1.0/24' } },
  });
});
afterAll(async () => {
  await house?.stop();
  await database?.drop();
});
afterEach(async () => {
  ahead = 0;
  region.before = () => {};
  await house.pool.query('update deployments set expiry_look_at = null');
});

const request = { name: 'job', template: 'stack', cloud_region: 'here' };
const deploy = async (ttl?: string): Promise<string> =>
  (await house.app.createDeployment(caller, ttl === undefined ? request : { ...request, ttl }, {})).id;

async function settled(id: string) {
  for await (const events of house.app.followEvents(id, 0, AbortSignal.timeout(20_000))) void events;
  return house.app.getDeployment(id);
}

const objectsOf = (id: string) => [...region.objects.values()].filter(({ mark }) => mark.owner === id);

type Delete = (id: string) => Promise<unknown>;

/** Looks until nothing is to be looked after, as a server does. */
async function look(deleteDeployment: Delete = (id) => house.app.deleteDeployment(caller, id)): Promise<void> {
  const now = (): number => Date.now() + ahead;
  while (await expireDeployment({ expiries: house.store.expiries, deleteDeployment, now, log: silent }));
}

async function told(id: string): Promise<string[]> {
  const { items } = await house.app.listEvents(id, { after: 0, limit: 1000 });
  return items.filter(({ type }) => /expir|changed/.test(type)).map(({ type }) => type.replace('deployment.', ''));
}

const expiring = async (id: string) =>
  (await house.app.getDeployment(id)).conditions.find(({ type }) => type === 'Expiring');

describe('a deployment with a time to live', () => {
  it('shows its end, warns a day, an hour and ten minutes before, once each, and is deleted', async () => {
    const id = await deploy('72h');
    const { expires_at: end, created_at: created } = await settled(id);
    expect(Math.abs(Date.parse(end!) - Date.parse(created) - 72 * HOUR)).toBeLessThan(5 * SECOND);
    const seen: string[][] = [];
    for (const hours of [0, 47.9, 48.1, 48.1, 71.1, 71.9]) {
      ahead = hours * HOUR;
      await Promise.all([look(), look(), look()]);
      seen.push(await told(id));
    }
    expect(seen.map((types) => types.length)).toEqual([0, 0, 1, 1, 2, 3]);
    expect(await expiring(id)).toMatchObject({ status: 'True', message: expect.stringContaining(`at ${end}`) });
    expect(objectsOf(id)).not.toEqual([]);
    ahead = 72 * HOUR + 10 * SECOND;
    await Promise.all([look(), look(), look()]);
    expect((await settled(id)).status).toBe('DELETED');
    expect(await told(id)).toEqual(['expiring', 'expiring', 'expiring', 'expired']);
    expect(objectsOf(id)).toEqual([]);
    ahead += HOUR;
    await look();
    const { rows } = await house.pool.query('select expiry_look_at from deployments where id = $1', [id]);
    expect(rows).toEqual([{ expiry_look_at: null }]);
  });

  it('that is extended takes its warning back and warns anew', async () => {
    const id = await deploy('1h');
    await settled(id);
    ahead = 55 * MINUTE;
    await look();
    expect(await expiring(id)).toMatchObject({ status: 'True', reason: 'EndIsNear' });
    const extended = await house.app.updateDeployment(caller, id, { ttl: '3h' }, { dryRun: false });
    expect(extended).toEqual({ started: false, answer: { id, operation: 'settings' } });
    expect(await expiring(id)).toMatchObject({ status: 'False', reason: 'Extended' });
    ahead = 65 * MINUTE;
    await look();
    expect((await house.app.getDeployment(id)).status).toBe('COMPLETED');
    ahead = 125 * MINUTE;
    await look();
    expect(await told(id)).toEqual(['expiring', 'changed', 'expiring']);
    const ends = new Date(Date.now() + 30 * 24 * HOUR).toISOString();
    await house.app.updateDeployment(caller, id, { expires_at: ends }, { dryRun: true });
    expect(Date.parse((await house.app.getDeployment(id)).expires_at!)).not.toBe(Date.parse(ends));
    await house.app.updateDeployment(caller, id, { expires_at: ends }, { dryRun: false });
    expect(Date.parse((await house.app.getDeployment(id)).expires_at!)).toBe(Date.parse(ends));
    await house.app.updateDeployment(caller, id, { ttl: null }, { dryRun: false });
    expect((await house.app.getDeployment(id)).expires_at).toBeNull();
    ahead = 1000 * 24 * HOUR;
    await look();
    expect((await house.app.getDeployment(id)).status).toBe('COMPLETED');
  });

  it('is deleted although whoever told its end died before ordering the deletion', async () => {
    const id = await deploy('1h');
    await settled(id);
    ahead = HOUR + SECOND;
    await expect(look(() => Promise.reject(new Error('killed')))).rejects.toThrow('killed');
    expect(await told(id)).toEqual(['expired']);
    const extending = house.app.updateDeployment(caller, id, { ttl: '1h' }, { dryRun: false });
    await expect(extending).rejects.toMatchObject({ code: 'not_possible_now' });
    ahead += 2 * MINUTE;
    await look();
    expect((await settled(id)).status).toBe('DELETED');
    expect(await told(id)).toEqual(['expired']);
  });

  it('ends a run in progress in order, and then is deleted', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    region.before = async ({ verb, kind }) => {
      if (verb === 'create' && kind === 'memory.server') await held;
    };
    const id = await deploy('10m');
    await expect.poll(() => region.calls.some(({ kind }) => kind === 'memory.server')).toBe(true);
    ahead = 11 * MINUTE;
    await look();
    expect((await house.app.getDeployment(id)).status).toBe('DELETING');
    release();
    expect((await settled(id)).status).toBe('DELETED');
    expect(objectsOf(id)).toEqual([]);
    const { items } = await house.app.listRuns(id);
    expect(items.map(({ kind, status }) => `${kind} ${status}`)).toEqual(['delete succeeded', 'deploy cancelled']);
  });

  it('that somebody deletes before its end is not warned of any more', async () => {
    const id = await deploy('72h');
    await settled(id);
    await look();
    await house.app.deleteDeployment(caller, id);
    await settled(id);
    ahead = 73 * HOUR;
    await look();
    expect(await told(id)).toEqual([]);
  });
});

describe('a time to live that cannot be', () => {
  const refusal = async (work: Promise<unknown>) => {
    const error: unknown = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof GroundworkError)) throw error;
    return { code: error.code, fault: error.faults[0] };
  };

  it.each(['soon', '30s', '400d', 'P1M'])('%s is refused, in a dry run too', async (ttl) => {
    const expected = { code: 'invalid_ttl', fault: { pointer: '/ttl', value: ttl } };
    expect(await refusal(deploy(ttl))).toMatchObject(expected);
    expect(await refusal(house.app.planDeployment({ ...request, ttl }))).toMatchObject(expected);
  });

  it('is refused of a living deployment as well: both, past, or too late', async () => {
    const id = await deploy();
    await settled(id);
    const later = new Date(Date.now() + HOUR).toISOString();
    const past = new Date(Date.now() - HOUR).toISOString();
    const update = (body: object) => refusal(house.app.updateDeployment(caller, id, body, { dryRun: false }));
    expect(await update({ ttl: '1h', expires_at: later })).toMatchObject({ code: 'invalid_ttl' });
    expect(await update({ expires_at: past })).toMatchObject({ fault: { pointer: '/expires_at', value: past } });
    expect(await update({ ttl: '1y' })).toMatchObject({ fault: { pointer: '/ttl' } });
    expect(await told(id)).toEqual([]);
  });

  it('is what a region with a maximum refuses: more than that, and for ever', async () => {
    const id = await deploy();
    const { store } = house;
    const strict = { store, longestTtlMs: () => 24 * HOUR };
    const subject = { id, region: 'here' };
    expect(await refusal(setTimeToLive(strict, subject, { ttl: '25h' }))).toMatchObject({ code: 'invalid_ttl' });
    expect(await refusal(setTimeToLive(strict, subject, { ttl: null }))).toMatchObject({ code: 'invalid_ttl' });
    expect(await setTimeToLive(strict, subject, { ttl: '24h' })).not.toBeNull();
    await settled(id);
  });
});
