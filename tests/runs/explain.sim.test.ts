/**
 * Why is it stuck? One fault of the cloud at a time, and the sentence that a person gets to read.
 */

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Caller } from '../../src/app/app.ts';
import type { Explanation } from '../../src/contract/explain.ts';
import type { Region } from '../../src/ports/driver.ts';
import { createOpenStackRegion, readCloud } from '../../src/providers/openstack/index.ts';
import { OpenStackSession } from '../conformance/openstack-session.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { openSimulatedSite, type SimulatedSite } from '../e2e/simulated-site.ts';
import { type House, openHouse, silent } from '../kit/house.ts';

const caller: Caller = { keyId: 'test', name: 'test', scope: 'admin' };
const stack = (name: string, web: object) => ({
  name,
  vm_config: { web: { flavor: 'm1.tiny', image: 'debian-12', count: 1, ...web } },
  network_config: { cidr: '10.0.0.0/16', subnets: { web: '10.0.1.0/24' }, router: {} },
});

let database: TestDatabase;
let house: House;
let site: SimulatedSite;
/** Goes away in one of the tests. */
let mortalSite: SimulatedSite;

beforeAll(async () => {
  [database, site, mortalSite] = await Promise.all([createTestDatabase(), openSimulatedSite(), openSimulatedSite()]);
  const regions = [regionOf(site, 'here'), regionOf(mortalSite, 'mortal')];
  house = await openHouse(database.url, regions);
  await house.app.createTemplate(caller, stack('stack', {}));
  await house.app.createTemplate(caller, stack('too-big', { flavor: 'oslab.toobig' }));
});
afterAll(async () => {
  await house?.stop();
  await Promise.all([site?.close(), mortalSite?.close()]);
  await database?.drop();
});
afterEach(async () => {
  await site.behave();
  await site.delay({ serverBuild: 0, everyCall: 0 });
});

function regionOf({ authUrl }: SimulatedSite, name: string): Region {
  const cloudsYamlText = `clouds:
  own:
    region_name: RegionOne
    auth: {auth_url: '${authUrl}', username: lab, password: lab, user_domain_id: default, project_domain_id: default, project_name: lab}
`;
  const cloud = readCloud({ cloudsYamlText, env: {}, cloudName: 'own', path: 'clouds.yaml' });
  return createOpenStackRegion({ name, cloud, log: silent });
}

async function deploy(
  name: string,
  { template = 'stack', region = 'here', policy = 'rollback' } = {},
): Promise<string> {
  const failure_policy = policy === 'hold' ? 'hold' : 'rollback';
  const body = { name, template, cloud_region: region, failure_policy } as const;
  return (await house.app.createDeployment(caller, body, {})).id;
}

/** Waits until the explanation says it. */
function explained(id: string, summary: RegExp): Promise<Explanation> {
  const look = async (): Promise<Explanation> => {
    const explanation = await house.app.explainDeployment(id);
    expect(explanation.summary).toMatch(summary);
    return explanation;
  };
  return vi.waitFor(look, { timeout: 15_000, interval: 20 });
}

async function settled(id: string): Promise<void> {
  for await (const events of house.app.followEvents(id, 0, AbortSignal.timeout(25_000))) void events;
}

const subjects = ({ chain }: Explanation): string[] => chain.map(({ subject }) => subject);

describe('a deployment that goes on is explained by', () => {
  it('a server that takes long to build', async () => {
    await site.delay({ serverBuild: 4_000 });
    const id = await deploy('slow');
    const told = await explained(
      id,
      /^slow waits for server\/web\/1: the cloud says BUILD, spawning, for \d\.\d s \((estimate 30 s|9 of 10 take at most \d+(\.\d)? s)\)$/,
    );
    expect(told.blocking).toMatchObject({
      ...{ key: 'server/web/1', kind: 'openstack.server', action: 'present', observation: 'BUILD, spawning' },
      ...{ cloud_words: null, request_id: null, next_retry_at: null, attempt: 1, remedy: 'Wait.' },
    });
    expect(subjects(told)).toEqual(['deployment', 'run', 'server/web/1', 'cloud']);
    expect(told.stalled).toBe(false);
    await settled(id);
    expect((await house.app.explainDeployment(id)).summary).toBe('nothing blocks slow: it is COMPLETED');
  });

  it('too many requests, and when it asks again', async () => {
    const match = { service: 'nova', method: 'POST', path: '/servers$', name: 'hasty-web-1' };
    await site.fail({ match, action: { status: 429, retry_after: 3 } });
    const id = await deploy('hasty');
    const told = await explained(
      id,
      /^hasty waits for server\/web\/1: the cloud refused to create it \(RateLimited, 429\): ".+"; attempt 2 follows in [23]\.\d s$/,
    );
    expect(told.blocking).toMatchObject({
      key: 'server/web/1',
      attempt: 2,
      request_id: expect.stringMatching(/^req-/),
    });
    expect(Date.parse(told.blocking?.next_retry_at ?? '')).toBeGreaterThan(Date.now());
    await settled(id);
  });

  it('a service that is not available, and what waits behind it', async () => {
    const match = { service: 'neutron', method: 'POST', path: '/networks$', name: 'away-network' };
    await site.fail({ match, action: { status: 503 } });
    const id = await deploy('away');
    const told = await explained(
      id,
      /^away waits for network: the cloud refused to create it \(CloudUnavailable, 503\): ".+"; attempt 2 (follows in \d\.\d s|is under way)$/,
    );
    expect(told.waiting).toEqual(
      expect.arrayContaining([
        { kind: 'openstack.subnet', count: 1 },
        { kind: 'openstack.server', count: 1 },
      ]),
    );
    expect(told.chain.find(({ subject }) => subject.startsWith('subnet/'))?.statement).toBe(
      'cannot begin before network is done',
    );
    await settled(id);
  });

  it('an answer that was lost', async () => {
    await site.fail({ match: { method: 'POST', path: '/networks$', name: 'lost-network' }, action: 'answer_lost' });
    const id = await deploy('lost');
    await explained(
      id,
      /^lost waits for network: the answer to an attempt to create it was lost \(ConnectionLost: .+\); attempt 2, which begins with a look whether it is there, (follows in \d\.\d s|is under way)$/,
    );
    await settled(id);
    expect((await house.app.getDeployment(id)).status).toBe('COMPLETED');
  });

  it('a network that something else uses, when it is deleted', async () => {
    const id = await deploy('shared');
    await settled(id);
    const { network_id } = (await house.app.getDeployment(id)).resources;
    const user = await OpenStackSession.open(site.authUrl, { username: 'lab', password: 'lab', project: 'lab' });
    const foreign = { network_id, name: 'of somebody else' };
    const { port } = await user.at<{ port: { id: string } }>('network', 'POST', '/ports', { port: foreign });
    await house.app.deleteDeployment(caller, id);
    const told = await explained(
      id,
      /^shared waits for (subnet\/web|network): the cloud refuses to delete it while something uses it \((Subnet|Network)InUse\): ".+"; it is asked again (in \d\.\d s|by now)$/,
    );
    expect(told.blocking).toMatchObject({
      ...{ action: 'absent', observation: null, next_retry_at: expect.any(String) },
      remedy: expect.stringMatching(/^Remove what else uses /),
    });
    await user.at('network', 'DELETE', `/ports/${port.id}`);
    await settled(id);
    expect((await house.app.explainDeployment(id)).summary).toBe('nothing blocks shared: it is DELETED');
  });

  it('a cloud that goes away while a server is built', async () => {
    await mortalSite.delay({ serverBuild: 60_000 });
    const id = await deploy('orphaned', { region: 'mortal' });
    await explained(id, /BUILD, /);
    await mortalSite.close();
    const told = await explained(
      id,
      /^orphaned waits for server\/web\/1: the cloud cannot be observed \((Unreachable|ConnectionLost): .+\); when last seen it was BUILD, \w+$/,
    );
    expect(told.blocking?.observation).toMatch(/^BUILD, /);
    expect(told.blocking?.remedy).toMatch(/^Nothing is given up/);
    await vi.waitFor(
      async () => {
        const last = (await house.app.explainDeployment(id)).chain.at(-1);
        expect(last).toMatchObject({
          subject: 'region',
          statement: expect.stringMatching(/^mortal cannot be reached: /),
        });
      },
      { timeout: 15_000, interval: 200 },
    );
  });
});

describe('a deployment that failed is explained by', () => {
  /** What was possible when it was asked for is not any more when its turn comes: others use the project too. */
  async function refuse(name: string, status: number, body: object): Promise<void> {
    const match = { service: 'nova', method: 'POST', path: '/servers$', name };
    await site.fail({ match, times: 0, action: { status, body } });
  }

  it('the quota', async () => {
    const message = 'Quota exceeded for instances: Requested 1, but already used 2 of 2 instances';
    await refuse('many-web-1', 403, { forbidden: { code: 403, message } });
    const id = await deploy('many');
    await settled(id);
    const told = await house.app.explainDeployment(id);
    expect(told.summary).toMatch(
      /^many is FAILED: could not create openstack\.server server\/web\/1 \(QuotaExceeded\): .*Quota exceeded.*; everything that the run had made is gone again$/,
    );
    expect(told.blocking).toMatchObject({
      ...{ kind: 'openstack.server', cloud_words: expect.stringMatching(/^Quota exceeded/), next_retry_at: null },
      ...{ request_id: expect.stringMatching(/^req-/), remedy: expect.stringMatching(/quota/) },
    });
    expect(subjects(told)).toEqual(['deployment', 'run', told.blocking?.key, 'cloud', 'run']);
  });

  it('a missing role, and says that everything is kept', async () => {
    const match = { service: 'neutron', method: 'POST', path: '/routers$', name: 'barred-router' };
    await site.fail({ match, action: { status: 403 } });
    const id = await deploy('barred', { policy: 'hold' });
    await settled(id);
    const told = await house.app.explainDeployment(id);
    expect(told.summary).toMatch(
      /^barred is FAILED: could not create openstack\.router router \(Forbidden\): .+; everything is kept until somebody retries, cancels or deletes it$/,
    );
    expect(told.blocking?.remedy).toMatch(/role/);
  });

  it('a flavor that does not exist', async () => {
    await refuse('unknown-web-1', 400, { badRequest: { code: 400, message: 'Flavor m1.tiny could not be found.' } });
    const id = await deploy('unknown');
    await settled(id);
    expect((await house.app.explainDeployment(id)).summary).toMatch(
      /^unknown is FAILED: could not create openstack\.server server\/web\/1 \(FlavorNotFound\): .*Flavor m1\.tiny could not be found\.; everything that the run had made is gone again$/,
    );
  });

  it('hosts without room', async () => {
    const id = await deploy('heavy', { template: 'too-big' });
    await settled(id);
    const told = await house.app.explainDeployment(id);
    expect(told.summary).toMatch(
      /^heavy is FAILED: could not create openstack\.server server\/web\/1 \(NoValidHost\): .*No valid host was found\..*; everything that the run had made is gone again$/,
    );
    expect(told.blocking?.cloud_words).toMatch(/^No valid host was found/);
  });

  it('a removal that the cloud refuses, with what is left over', async () => {
    const id = await deploy('sticky');
    await settled(id);
    const match = { method: 'DELETE', path: '/networks/' };
    await site.fail({ match, times: 0, action: { status: 403 } });
    await house.app.deleteDeployment(caller, id);
    await settled(id);
    const told = await house.app.explainDeployment(id);
    expect(told.summary).toMatch(
      /^sticky is FAILED: could not delete openstack\.network network \(Forbidden\): .+; one resource could not be removed$/,
    );
    expect(told.chain.at(-1)).toMatchObject({
      subject: 'network',
      statement: expect.stringContaining('is left over: '),
    });
  });
});

describe('a deployment without a worker', () => {
  it('is explained by that, whether its run had begun or not', async () => {
    await site.delay({ serverBuild: 60_000 });
    const left = await deploy('left');
    await explained(left, /BUILD, /);
    await house.stop();
    house = await openHouse(database.url, [regionOf(site, 'here')], 'none');
    const id = await deploy('alone');
    const told = await house.app.explainDeployment(id);
    expect(told.summary).toBe('alone waits for a worker: no worker is alive to take the run up');
    expect(subjects(told)).toEqual(['deployment', 'run', 'worker']);
    expect(told.blocking).toMatchObject({
      ...{ key: null, remedy: 'Start a Groundwork server on this database: `groundwork start`.' },
    });
    expect((await house.app.explainDeployment(left)).summary).toMatch(
      /^left waits for a worker: the worker that executed the run is gone, silent for \d+(\.\d)? s, and no other is alive$/,
    );
  });
});
