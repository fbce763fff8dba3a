/**
 * The main job on a cloud that misbehaves: tokens that end early, too many requests, services away, answers lost on their
 * way, and slowness. Nothing of it may be seen in the result but time.
 */

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment } from '../../src/contract/deployment.ts';
import { type HouseOnSite, openHouseOnSite } from './house-on-site.ts';
import { openSimulatedSite, type SimulatedSite } from './simulated-site.ts';

const REQUEST = {
  name: 'tried',
  template: 'web-app-stack',
  cloud_region: 'us-west-1',
  parameters: { web_count: 2, app_count: 1, db_count: 1 },
};
/** Network, subnets, router and servers carry the mark of their deployment. */
const MARKED = 1 + 3 + 1 + 4;
/** One for each interface of the router and each server; the router's own gateway belongs to nobody. */
const PORTS = 3 + 4;

let site: SimulatedSite;
let house: HouseOnSite;

beforeAll(async () => {
  house = await openHouseOnSite(async () => (site = await openSimulatedSite()), 25_000);
});
afterAll(() => house?.close());
afterEach(async () => {
  await site.behave();
  await site.delay({ serverBuild: 0, everyCall: 0 });
});

async function deploy(): Promise<Deployment> {
  return house.api.settled((await house.api.deploy(REQUEST)).id);
}

/** The deployment stands in the cloud exactly once, and can be removed wholly. */
async function expectWhole(done: Deployment): Promise<void> {
  expect([done.status, done.error]).toEqual(['COMPLETED', null]);
  const contents = await house.projects['us-west-1'].contents(done.id);
  expect(contents).toHaveLength(MARKED);
  expect(new Set(contents).size).toBe(MARKED);
  const ports = (await house.projects['us-west-1'].contents()).filter((one) => one.startsWith('port '));
  expect(ports).toHaveLength(PORTS);
  await expectRemovable(done);
}

async function expectRemovable({ id }: Deployment): Promise<void> {
  await house.api.ask('DELETE', `/deployments/${id}`);
  expect((await house.api.settled(id)).status).toBe('DELETED');
  expect(await house.projects['us-west-1'].contents()).toEqual([]);
}

const POSTS = ['/networks', '/subnets', '/routers', '/servers'].map((path) => ({ method: 'POST', path: `${path}$` }));
const CREATIONS = [...POSTS, { method: 'PUT', path: 'add_router_interface$' }];
const REMOVALS = [
  { method: 'DELETE', path: '/(networks|subnets|routers|servers)/' },
  { method: 'PUT', path: 'remove_router_interface$' },
];

describe('a cloud', () => {
  it('that revokes all tokens in the middle of a run is logged in to again', async () => {
    await site.delay({ serverBuild: 800 });
    const { id } = await house.api.deploy(REQUEST);
    await house.api.happened(id, ({ type, key }) => type === 'node.started' && key === 'server/web/1');
    await site.revokeTokens();
    const refused = async (): Promise<number> => (await site.calls()).filter(({ status }) => status === 401).length;
    const done = await house.api.settled(id);
    expect(await refused()).toBeGreaterThan(0);
    await expectWhole(done);
  });

  it('that answers 429 with Retry-After is left alone for that long', async () => {
    const match = { service: 'nova', method: 'POST', path: '/servers$', name: 'tried-db-1' };
    await site.fail({ match, action: { status: 429, retry_after: 2 } });
    const done = await deploy();
    const posts = (await site.calls()).filter(({ method, name }) => method === 'POST' && name === 'tried-db-1');
    const [first, second] = posts.slice(-2).map(({ at }) => Date.parse(at));
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(1_990);
    await expectWhole(done);
  });

  it('whose every service answers 500, 502, 503 or 504 for a moment is asked again', async () => {
    const statuses = [500, 502, 503, 504, 503, 500, 504];
    const matches = [...CREATIONS, { service: 'nova', method: 'GET' }, { service: 'neutron', method: 'GET' }];
    for (const [index, match] of matches.entries()) await site.fail({ match, action: { status: statuses[index] } });
    await expectWhole(await deploy());
  });

  it.each(['drop_before', 'answer_lost'])(
    'that breaks connections (%s) doubles and forgets nothing',
    async (action) => {
      for (const match of CREATIONS) await site.fail({ match, action });
      const done = await deploy();
      for (const match of REMOVALS) await site.fail({ match, times: 2, action });
      await expectWhole(done);
    },
  );

  it('that does what it was asked and says 503 doubles and forgets nothing', async () => {
    for (const match of CREATIONS) await site.fail({ match, action: { status: 503, after_effect: true } });
    await expectWhole(await deploy());
  });

  it('that is slow is waited for', async () => {
    await site.delay({ everyCall: 150, serverBuild: 1_000, jitter: 0.9 });
    const done = await deploy();
    await site.delay({ everyCall: 0, jitter: 0 });
    await expectWhole(done);
  });

  it('that stays away fails the deployment, which is rolled back as soon as it can be', async () => {
    await site.fail({ match: { method: 'POST', path: '/servers$' }, times: 0, action: { status: 503 } });
    const failed = await deploy();
    expect(failed).toMatchObject({
      status: 'FAILED',
      error: {
        message: expect.stringMatching(/503/),
        failed_activity: expect.stringMatching(/^create openstack\.server server\//),
        rollback_completed: true,
        left_over: [],
      },
    });
    expect(await house.projects['us-west-1'].contents()).toEqual([]);
    await site.behave();
    await expectRemovable(failed);
  });

  it('that breaks a server fails the deployment with the fault', async () => {
    await site.fail({ match: { name: 'tried-app-1' }, action: { spawn_fail: 'abort' } });
    const failed = await deploy();
    expect(failed.error).toMatchObject({
      failed_activity: 'create openstack.server server/app/1',
      message: expect.stringMatching(/Build of instance .* aborted/),
      rollback_completed: true,
    });
    await expectRemovable(failed);
  });

  it('that refuses a removal leaves an honest list, and a later delete finishes', async () => {
    const done = await deploy();
    await site.fail({ match: { method: 'DELETE', path: '/networks/' }, times: 0, action: { status: 403 } });
    await house.api.ask('DELETE', `/deployments/${done.id}`);
    const stuck = await house.api.settled(done.id);
    expect(stuck).toMatchObject({
      status: 'FAILED',
      error: {
        failed_activity: 'delete openstack.network network',
        left_over: [{ key: 'network', kind: 'openstack.network', provider_id: done.resources.network_id }],
      },
    });
    await site.behave();
    await expectRemovable(stuck);
  });
});
