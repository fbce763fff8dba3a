/**
 * Drift of deployments in a cloud in memory: what was changed behind the ledger's back is found, told once, accepted or put
 * right.
 */

import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../../src/app/app.ts';
import { healByPolicy } from '../../src/app/drift.ts';
import type { Deployment } from '../../src/contract/deployment.ts';
import type { DriftReport } from '../../src/contract/drift.ts';
import { GroundworkError } from '../../src/domain/errors.ts';
import { noMeasurements } from '../../src/ports/measurements.ts';
import { checkRegion, type WatchSettings } from '../../src/reconcilers/check-region.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { type House, openHouse, silent } from '../kit/house.ts';
import { createMemoryRegion, MemoryFault, type MemoryObject, type MemoryRegion } from '../kit/memory-region.ts';

const caller: Caller = { keyId: 'test', name: 'test', scope: 'admin' };
const TEMPLATE = {
  name: 'stack',
  vm_config: { web: { flavor: 'small', image: 'linux', count: 2, metadata: { role: 'web' } } },
  network_config: { cidr: '10.0.0.0/16', subnets: { web: '10.0.1.0/24' }, router: {} },
};
/** Network, subnet, router, interface, two servers. */
const RESOURCES = 6;
const SETTINGS: WatchSettings = {
  everyMs: 60_000,
  healing: { maxRuns: 2, windowMs: 60_000, maxMissingShare: 50 },
  sweep: { mode: 'report', graceMs: 0, maxCount: 10, maxShare: 100 },
};

let database: TestDatabase;
let house: House;
let region: MemoryRegion;
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
  id = await deploy();
  region.calls.length = 0;
});
afterEach(async () => {
  region.before = () => {};
  await house.app.deleteDeployment(caller, id);
  const { status } = await settled();
  if (status !== 'DELETED' || region.objects.size > 0)
    throw new Error(`${status}, and ${region.objects.size} are left`);
});

async function deploy(drift_policy: 'alert' | 'heal' = 'alert'): Promise<string> {
  const body = { name: 'job', template: 'stack', cloud_region: 'here', drift_policy };
  const made = await house.app.createDeployment(caller, body, {});
  const { status } = await settled(made.id);
  if (status !== 'COMPLETED') throw new Error(`the deployment is ${status}`);
  return made.id;
}

async function settled(of = id): Promise<Deployment> {
  for await (const events of house.app.followEvents(of, 0, AbortSignal.timeout(20_000))) void events;
  return house.app.getDeployment(of);
}

/** A look at the region, whether or not it is due. */
async function look(settings: WatchSettings = SETTINGS): Promise<void> {
  await house.pool.query('update region_checks set due_at = now()');
  const checking = { store: house.store, newId: randomUUID, log: silent, measurements: noMeasurements };
  const heal = (deploymentId: string): Promise<void> => healByPolicy(house.dependencies, deploymentId);
  await checkRegion({ ...checking, confirmAfterMs: 0 }, { region, settings, heal }, new AbortController().signal);
}

const drift = (options = { refresh: false }): Promise<DriftReport> => house.app.getDrift(id, options);
const heal = (options = { force: false }) => house.app.healDeployment(caller, id, options);
const condition = async (type: string) =>
  (await house.app.getDeployment(id)).conditions.find((one) => one.type === type);

function object(key: string): MemoryObject {
  const found = [...region.objects.values()].find(({ mark }) => mark.owner === id && mark.key === key);
  if (!found) throw new Error(`there is no ${key}`);
  return found;
}

function vanish(...keys: string[]): void {
  for (const key of keys) region.objects.delete(object(key).providerId);
}

async function told(): Promise<string[]> {
  const { items } = await house.app.listEvents(id, { after: 0, limit: 1000 });
  return items.filter(({ type }) => type.startsWith('drift.')).map(({ type, key }) => `${type} ${key}`);
}

async function expectHealed(): Promise<void> {
  const done = await settled();
  expect([done.status, done.conditions.find(({ type }) => type === 'Degraded')?.status]).not.toContain('True');
  expect(await drift({ refresh: true })).toMatchObject({ drifted: false, findings: [] });
  expect([...region.objects.values()].filter(({ mark }) => mark.owner === id)).toHaveLength(RESOURCES);
}

describe('a look at a region', () => {
  it('finds nothing where nothing was changed, with one list a kind', async () => {
    await look();
    expect(await drift()).toMatchObject({ deployment_id: id, policy: 'alert', drifted: false, findings: [] });
    expect((await drift()).checked_at).not.toBeNull();
    expect(region.calls.map(({ verb }) => verb).toSorted()).toEqual(['find-all', ...Array(5).fill('observe')]);
    expect(await told()).toEqual([]);
    expect(await condition('Drifted')).toBeUndefined();
  });

  it('finds what is missing, stopped, resized, relabelled and detached, and tells of each once', async () => {
    const [one, two] = [object('server/web/1'), object('server/web/2')];
    one.status = 'SHUTOFF';
    two.wanted = { ...two.wanted, flavor: 'large', metadata: { role: 'other' } };
    vanish('interface/web');
    await look();
    await look();
    const { findings, drifted } = await drift();
    expect(drifted).toBe(true);
    expect(findings.map(({ key, type }) => [key, type])).toEqual([
      ['interface/web', 'detached'],
      ['server/web/1', 'stopped'],
      ['server/web/2', 'flavor'],
    ]);
    expect(findings[2]?.differences.map(({ field, wanted, actual }) => [field, wanted, actual])).toContainEqual([
      'flavor',
      'small',
      'large',
    ]);
    expect(findings[0]?.last_seen).not.toBe(findings[0]?.first_seen);
    expect(await told()).toEqual(
      ['interface/web', 'server/web/1', 'server/web/2'].map((key) => `drift.detected ${key}`),
    );
    expect(await condition('Drifted')).toMatchObject({ status: 'True', reason: 'DriftFound' });
    await heal();
    await expectHealed();
  });

  it('takes back what is over, and a finding that changes is told again', async () => {
    object('server/web/1').status = 'SHUTOFF';
    await look();
    object('server/web/1').status = 'PAUSED';
    await look();
    object('server/web/1').status = 'ACTIVE';
    await look();
    const key = 'server/web/1';
    expect(await told()).toEqual([`drift.detected ${key}`, `drift.detected ${key}`, `drift.cleared ${key}`]);
    expect(await condition('Drifted')).toMatchObject({ status: 'False', reason: 'InStep' });
  });

  it('looks twice before it calls something missing', async () => {
    const server = object('server/web/1');
    region.objects.delete(server.providerId);
    let looks = 0;
    region.before = ({ verb, kind }) => {
      if (verb !== 'observe' || kind !== 'memory.server') return;
      looks += 1;
      if (looks === 2) region.objects.set(server.providerId, server);
    };
    await look();
    expect(looks).toBe(2);
    expect((await drift()).findings).toEqual([]);
  });

  it('says nothing when the cloud could not be seen wholly', async () => {
    object('server/web/1').status = 'SHUTOFF';
    region.before = ({ verb, kind }) => {
      if (verb === 'observe' && kind === 'memory.router')
        throw new MemoryFault({ class: 'transient', message: 'away' });
    };
    await expect(look()).rejects.toThrow('away');
    expect((await drift()).findings).toEqual([]);
    await expect(drift({ refresh: true })).rejects.toMatchObject({ code: 'region_unreachable' });
    expect((await house.app.listOrphans('here')).error).toBe('away');
  });

  it('leaves alone what a run is working on', async () => {
    await look();
    region.before = async ({ verb, key }) => {
      if (verb !== 'remove' || key !== 'server/web/2') return;
      region.before = () => {};
      await look();
    };
    await house.app.scaleDeployment(caller, id, { vm_type: 'web', target_count: 1 }, { dryRun: false });
    await settled();
    await look();
    expect(await told()).toEqual([]);
  });

  it('is made by one server at a time', async () => {
    await look();
    await house.pool.query('update region_checks set due_at = now()');
    const taken = await Promise.all([1, 2, 3].map(() => house.store.regionChecks.take('here', randomUUID())));
    expect(taken.filter((lease) => lease !== undefined)).toHaveLength(1);
  });
});

describe('accepted drift', () => {
  it('is neither reported nor healed until it changes again', async () => {
    object('server/web/1').status = 'SHUTOFF';
    vanish('interface/web');
    await look();
    const report = await house.app.acceptDrift(caller, id, { keys: ['server/web/1'] });
    expect(report.findings.map(({ key, accepted }) => [key, accepted])).toEqual([
      ['interface/web', false],
      ['server/web/1', true],
    ]);
    await heal();
    await settled();
    expect(object('server/web/1').status).toBe('SHUTOFF');
    expect(await drift({ refresh: true })).toMatchObject({ drifted: false, findings: [{ accepted: true }] });
    expect(await heal()).toEqual({ id, operation: 'none' });
    expect(await condition('Drifted')).toMatchObject({ status: 'False' });
    object('server/web/1').status = 'PAUSED';
    expect(await drift({ refresh: true })).toMatchObject({ drifted: true, findings: [{ accepted: false }] });
    expect(await told()).toContain('drift.accepted server/web/1');
  });

  it('is left as it is when something else of the same resource is healed', async () => {
    const server = object('server/web/1');
    server.status = 'SHUTOFF';
    await look();
    await house.app.acceptDrift(caller, id, {});
    server.wanted = { ...server.wanted, flavor: 'large' };
    await heal();
    expect((await settled()).conditions.find(({ type }) => type === 'Degraded')?.status).not.toBe('True');
    expect([server.status, server.wanted['flavor']]).toEqual(['SHUTOFF', 'small']);
    expect(await drift({ refresh: true })).toMatchObject({
      drifted: false,
      findings: [{ type: 'stopped', accepted: true }],
    });
  });

  it('has to be drift', async () => {
    const refused = house.app.acceptDrift(caller, id, { keys: ['server/web/9'] });
    await expect(refused).rejects.toMatchObject({ code: 'invalid_request', faults: [{ pointer: '/keys/0' }] });
  });
});

describe('healing', () => {
  it('makes a missing server anew, with its name and address, and leaves all others', async () => {
    const before = [...region.objects.keys()];
    const { wanted, providerId } = object('server/web/2');
    vanish('server/web/2');
    const answer = await heal();
    await expectHealed();
    expect(object('server/web/2').wanted).toEqual(wanted);
    expect(object('server/web/2').mark.generation).toBe(2);
    expect(before.filter((one) => !region.objects.has(one))).toEqual([providerId]);
    const { kind, nodes } = await house.app.getRun(id, 'run_id' in answer ? answer.run_id : '');
    expect([kind, nodes.map(({ key }) => key)]).toEqual(['heal', ['server/web/2']]);
  });

  it('makes everything anew that stood on a missing network, in order', async () => {
    vanish('server/web/1', 'server/web/2', 'interface/web', 'subnet/web', 'network');
    await expect(heal()).rejects.toMatchObject({ code: 'healing_stopped' });
    await heal({ force: true });
    await expectHealed();
    expect(object('subnet/web').wanted['network_id']).toBe(object('network').providerId);
    expect(object('router').mark.generation).toBe(1);
  });

  it('removes an extra object', async () => {
    const server = object('server/web/1');
    region.objects.set('twin', { ...server, providerId: 'twin' });
    expect((await drift({ refresh: true })).findings).toMatchObject([
      { key: 'server/web/1', type: 'extra', provider_id: 'twin' },
    ]);
    await expect(house.app.acceptDrift(caller, id, { keys: ['server/web/1'] })).rejects.toThrow(GroundworkError);
    await heal();
    await expectHealed();
  });

  it('is refused while a run is active, and does nothing where nothing differs', async () => {
    expect(await heal()).toEqual({ id, operation: 'none' });
    await house.pool.query(`update deployments set status = 'FAILED' where id = $1`, [id]);
    await expect(heal()).rejects.toMatchObject({ code: 'not_possible_now' });
  });

  it('tries again what a failed heal left unfinished', async () => {
    vanish('server/web/2');
    region.before = ({ verb }) => {
      if (verb === 'create') throw new MemoryFault({ class: 'permanent', message: 'no room' });
    };
    await heal();
    const failed = await settled();
    expect([failed.status, failed.conditions.find(({ type }) => type === 'Degraded')?.status]).toEqual([
      'COMPLETED',
      'True',
    ]);
    region.before = () => {};
    expect((await drift({ refresh: true })).drifted).toBe(true);
    await heal();
    await expectHealed();
  });
});

describe('healing by policy', () => {
  const heals = async (): Promise<number> =>
    (await house.app.listRuns(id)).items.filter(({ kind }) => kind === 'heal').length;

  beforeEach(async () => {
    await house.pool.query(`update deployments set drift_policy = 'heal' where id = $1`, [id]);
  });

  it('follows a look by itself, and the next look comes at once', async () => {
    object('server/web/1').status = 'SHUTOFF';
    await look();
    await settled();
    expect([await heals(), object('server/web/1').status]).toEqual([1, 'ACTIVE']);
    const lease = await house.store.regionChecks.take('here', randomUUID());
    expect(lease).toBeDefined();
    await house.store.regionChecks.finish(lease!, { nextInMs: 0, resources: 0, marked: 0, brake: null });
    await look();
    expect((await told()).at(-1)).toBe('drift.cleared server/web/1');
  });

  it('is asked for when a deployment is made', async () => {
    const other = await deploy('heal');
    expect((await house.app.getDrift(other, { refresh: false })).policy).toBe('heal');
    await house.app.deleteDeployment(caller, other);
    await settled(other);
  });

  it('leaves accepted drift alone', async () => {
    await house.pool.query(`update deployments set drift_policy = 'alert' where id = $1`, [id]);
    object('server/web/1').status = 'SHUTOFF';
    await look();
    await house.app.acceptDrift(caller, id, {});
    await house.pool.query(`update deployments set drift_policy = 'heal' where id = $1`, [id]);
    await look();
    expect(await heals()).toBe(0);
  });

  it('gives up where it has to be done again and again, until a person resumes it', async () => {
    const breakIt = async (): Promise<void> => {
      object('server/web/1').status = 'SHUTOFF';
      await look();
      await settled();
    };
    await breakIt();
    await breakIt();
    await breakIt();
    expect([await heals(), object('server/web/1').status]).toEqual([2, 'SHUTOFF']);
    expect(await condition('HealingStopped')).toMatchObject({ status: 'True', reason: 'TooManyHeals' });
    await look();
    expect(await heals()).toBe(2);
    await heal();
    await settled();
    expect(await condition('HealingStopped')).toMatchObject({ status: 'False', reason: 'Resumed' });
    await breakIt();
    expect([await heals(), object('server/web/1').status]).toEqual([4, 'ACTIVE']);
  });

  it('does not rebuild a region of which too much looks missing', async () => {
    const hidden = [...region.objects];
    region.objects.clear();
    await look();
    expect(await heals()).toBe(0);
    expect(await condition('HealingStopped')).toMatchObject({ status: 'True', reason: 'TooMuchMissing' });
    expect((await condition('HealingStopped'))?.message).toContain(`${RESOURCES} of ${RESOURCES} resources`);
    for (const [key, value] of hidden) region.objects.set(key, value);
    await look();
    expect(await condition('HealingStopped')).toMatchObject({ status: 'False', reason: 'NothingToHeal' });
    expect(await condition('Drifted')).toMatchObject({ status: 'False' });
  });
});
