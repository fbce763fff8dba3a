/**
 * A cloud in which somebody works behind our back: found, told, put right, accepted, swept. Through the program, its HTTP
 * API and the wire of OpenStack.
 */

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Deployment } from '../../src/contract/deployment.ts';
import type { DriftReport, OrphanReport } from '../../src/contract/drift.ts';
import type { OpenStackSession } from '../conformance/openstack-session.ts';
import { expectProblem } from './api.ts';
import { type HouseOnSite, openHouseOnSite } from './house-on-site.ts';
import { openSimulatedSite } from './simulated-site.ts';

const PATIENCE_MS = 25_000;
const REQUEST = {
  template: 'web-app-stack',
  cloud_region: 'us-west-1',
  parameters: { web_count: 2, app_count: 1, db_count: 1 },
};

let house: HouseOnSite;
let person: OpenStackSession;

beforeAll(async () => {
  const settings = 'drift_interval: 1s, sweep: delete, sweep_grace: 0s, sweep_max_share: 100';
  house = await openHouseOnSite(openSimulatedSite, PATIENCE_MS, 0, settings);
  person = await house.projects['us-west-1'].logIn();
});
afterAll(() => house?.close());

async function deploy(name: string, policy: 'alert' | 'heal' = 'alert'): Promise<Deployment> {
  const done = await house.api.settled((await house.api.deploy({ ...REQUEST, name, drift_policy: policy })).id);
  expect([done.status, done.error]).toEqual(['COMPLETED', null]);
  return done;
}

const look = (id: string): Promise<DriftReport> => house.api.get(`/deployments/${id}/drift?refresh=true`);
/** Without ports: an interface that is made again carries its mark on its port, the first one does not. */
const contents = async (id: string): Promise<string[]> =>
  (await house.projects['us-west-1'].contents(id)).filter((one) => !one.startsWith('port '));
const act = (server: string, action: object) => person.at('compute', 'POST', `/servers/${server}/action`, action);

function serverOf({ resources }: Deployment, tier: string, ordinal = 1): string {
  return resources.tiers[tier]?.find((member) => member.ordinal === ordinal)?.vm_id ?? '';
}

async function isStatus(server: string, status: string): Promise<void> {
  const look = async () =>
    (await person.at<{ server: { status: string } }>('compute', 'GET', `/servers/${server}`)).server.status;
  await vi.waitFor(async () => expect(await look()).toBe(status), { timeout: PATIENCE_MS, interval: 50 });
}

async function resize(server: string, flavor: string): Promise<void> {
  const { flavors } = await person.at<{ flavors: { id: string; name: string }[] }>('compute', 'GET', '/flavors');
  await act(server, { resize: { flavorRef: flavors.find(({ name }) => name === flavor)?.id } });
  await isStatus(server, 'VERIFY_RESIZE');
  await act(server, { confirmResize: null });
  await isStatus(server, 'ACTIVE');
}

async function remove({ id }: Deployment): Promise<void> {
  await house.api.ask('DELETE', `/deployments/${id}`);
  expect((await house.api.settled(id)).status).toBe('DELETED');
}

describe('what is done behind our back', () => {
  it('is found and told, and healed on demand: deleted, stopped, resized, relabelled, detached', async () => {
    const made = await deploy('worked-on');
    const { id, resources } = made;
    const before = await contents(id);
    expect(await look(id)).toMatchObject({ drifted: false, findings: [] });

    await person.at('compute', 'DELETE', `/servers/${serverOf(made, 'web', 2)}`);
    await act(serverOf(made, 'app'), { 'os-stop': null });
    await isStatus(serverOf(made, 'app'), 'SHUTOFF');
    await resize(serverOf(made, 'db'), 'm1.tiny');
    const role = { metadata: { groundwork_tier: 'nobody' } };
    await person.at('compute', 'POST', `/servers/${serverOf(made, 'web', 1)}/metadata`, role);
    const subnet_id = resources.subnets['db'];
    await person.at('network', 'PUT', `/routers/${resources.router_id}/remove_router_interface`, { subnet_id });

    const { findings, drifted } = await look(id);
    expect(drifted).toBe(true);
    expect(findings.map(({ key, type }) => `${key} ${type}`)).toEqual([
      'interface/db detached',
      'server/app/1 stopped',
      'server/db/1 flavor',
      'server/web/1 metadata',
      'server/web/2 missing',
    ]);
    expect(findings[2]?.differences).toMatchObject([{ field: 'flavor', actual: 'm1.tiny', fix: 'update' }]);
    await house.api.happened(id, ({ type, key }) => type === 'drift.detected' && key === 'server/web/2');

    const answer = await house.api.ask<{ run_id: string }>('POST', `/deployments/${id}/heal`);
    expect([answer.status, answer.body]).toMatchObject([202, { id, run_id: expect.any(String) }]);
    const healed = await house.api.settled(id);
    const run = await house.api.get(`/deployments/${id}/runs/${answer.body.run_id}`);
    expect(run).toMatchObject({ kind: 'heal', status: 'succeeded', total: 5 });
    expect(await look(id)).toMatchObject({ drifted: false, findings: [] });
    expect(await contents(id)).toEqual(before);
    expect(serverOf(healed, 'app')).toBe(serverOf(made, 'app'));
    expect(serverOf(healed, 'web', 2)).not.toBe(serverOf(made, 'web', 2));
    expect(healed.resources.tiers['web']?.map(({ ip }) => ip)).toEqual(resources.tiers['web']?.map(({ ip }) => ip));
    await house.api.happened(id, ({ type, key }) => type === 'drift.cleared' && key === 'server/web/2');
    expect(await house.api.ask('POST', `/deployments/${id}/heal`)).toMatchObject({
      status: 200,
      body: { operation: 'none' },
    });
    await remove(made);
  });

  it('is accepted when a person says so', async () => {
    const made = await deploy('accepted', 'heal');
    const path = `/deployments/${made.id}`;
    await house.api.ask('PATCH', path, { body: { drift_policy: 'alert' } });
    await act(serverOf(made, 'db'), { 'os-stop': null });
    await isStatus(serverOf(made, 'db'), 'SHUTOFF');
    expect((await look(made.id)).findings).toMatchObject([{ key: 'server/db/1', type: 'stopped', accepted: false }]);
    const wrong = await house.api.ask('POST', `${path}/drift/accept`, { body: { keys: ['server/db/7'] } });
    expect(expectProblem(wrong, 400, 'invalid_request')).toMatchObject([{ pointer: '/keys/0' }]);
    const accepted = await house.api.ask('POST', `${path}/drift/accept`, { body: {} });
    expect(accepted).toMatchObject({ status: 200, body: { drifted: false, findings: [{ accepted: true }] } });
    await house.api.ask('PATCH', path, { body: { drift_policy: 'heal' } });
    expect(await look(made.id)).toMatchObject({ drifted: false, policy: 'heal' });
    expect(await house.api.ask('POST', `${path}/heal`)).toMatchObject({ status: 200 });
    await isStatus(serverOf(made, 'db'), 'SHUTOFF');
    await remove(made);
  });

  it('is put right by itself where that is the policy', async () => {
    const made = await deploy('self-healing', 'heal');
    const before = await contents(made.id);
    await person.at('compute', 'DELETE', `/servers/${serverOf(made, 'app')}`);
    await house.api.happened(made.id, ({ type, data }) => type === 'run.finished' && data['kind'] === 'heal');
    await house.api.happened(made.id, ({ type, key }) => type === 'drift.cleared' && key === 'server/app/1');
    expect(await contents(made.id)).toEqual(before);
    expect((await fetch(`${house.api.url}/metrics`)).status).toBe(200);
    expect(await (await fetch(`${house.api.url}/metrics`)).text()).toContain(
      'groundwork_heals_total{region="us-west-1",by="policy"} 1',
    );
    await remove(made);
  });
});

describe('what belongs to nobody', () => {
  it('is swept when its owner was ours, and only listed when it was not', async () => {
    const made = await deploy('gone');
    await remove(made);
    const strand = async (owner: string): Promise<string> => {
      const description = `groundwork owner=${owner} key=network generation=3`;
      const body = { network: { name: `stranded-${owner}`, description } };
      return (await person.at<{ network: { id: string } }>('network', 'POST', '/networks', body)).network.id;
    };
    const [ours, theirs] = [await strand(made.id), await strand(randomUUID())];
    const orphans = (): Promise<OrphanReport> => house.api.get('/regions/us-west-1/orphans');
    const of = async (provider_id: string) => (await orphans()).items.find((one) => one.provider_id === provider_id);
    await vi.waitFor(async () => expect((await of(ours))?.removed_at).toEqual(expect.any(String)), {
      timeout: PATIENCE_MS,
      interval: 100,
    });
    expect(await of(theirs)).toMatchObject({ verdict: 'foreign', removed_at: null });
    const { networks } = await person.at<{ networks: { id: string }[] }>('network', 'GET', '/networks');
    const ids = networks.map(({ id }) => id);
    expect([ids.includes(ours), ids.includes(theirs)]).toEqual([false, true]);
    await person.at('network', 'DELETE', `/networks/${theirs}`);
    expectProblem(await house.api.ask('GET', '/regions/nowhere/orphans'), 404, 'not_found');
  });
});
