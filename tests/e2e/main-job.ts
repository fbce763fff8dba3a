/**
 * The main job end to end: the real server process, its HTTP API, and an OpenStack behind it. The same suite is held
 * against the simulator and against genuine services, so that neither the product nor the simulator can flatter the other.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeploymentAccepted, DeploymentPage, DryRun } from '../../src/contract/deployment.ts';
import type { DeploymentEvent } from '../../src/contract/event.ts';
import type { OpenStackSite } from '../conformance/openstack-target.ts';
import { expectProblem } from './api.ts';
import { describeBadInput } from './bad-input.ts';
import { describeCatalogue } from './catalogue.ts';
import { describeFailures } from './failures.ts';
import { type HouseOnSite, openHouseOnSite } from './house-on-site.ts';
import { describeOrders } from './orders.ts';
import { describeSeeingBefore } from './see-before.ts';

export interface MainJobTarget {
  readonly name: string;
  readonly openSite: () => Promise<OpenStackSite>;
  /** How long one run may take on this cloud, in milliseconds. */
  readonly patienceMs: number;
}

export const BRIEF = {
  name: 'web-app-prod',
  template: 'web-app-stack',
  cloud_region: 'us-west-1',
  parameters: { web_count: 2, app_count: 3, db_count: 1 },
};

/** One network, one subnet, no router, and as many servers as asked for. */
export const SMALL_STACK = {
  name: 'small-stack',
  vm_config: { web: { flavor: '${flavor}', image: 'debian-12', count: 1 } },
  network_config: { cidr: '10.8.0.0/16', subnets: { web: '10.8.1.0/24' } },
  parameters: { type: 'object', properties: { flavor: { type: 'string', default: 'm1.tiny' } } },
};

export function describeMainJob({ name, openSite, patienceMs }: MainJobTarget): void {
  describe(`The main job on ${name}`, { timeout: 2 * patienceMs }, () => {
    let house: HouseOnSite;
    beforeAll(async () => {
      house = await openHouseOnSite(openSite, patienceMs);
      const answer = await house.api.ask('POST', '/templates', { body: SMALL_STACK });
      expect([answer.status, answer.body]).toEqual([201, answer.body]);
    }, patienceMs);
    afterAll(async () => {
      await house?.close();
    });

    describeRequest(() => house);
    describe.concurrent('side by side,', () => {
      describeRepetition(() => house);
      describeOrders(() => house);
      describeFailures(() => house);
      describeSeeingBefore(() => house);
    });
    describeCatalogue(() => house);
    describeBadInput(() => house);

    it('has left nothing behind in any project, and no fault in the log', async () => {
      for (const project of Object.values(house.projects)) expect(await project.contents()).toEqual([]);
      const faults = house.server
        .logged()
        .split('\n')
        .filter((line) => /"level":(50|60)|"level":"(error|fatal)"/.test(line));
      expect(faults).toEqual([]);
    });
  });
}

function describeRequest(house: () => HouseOnSite): void {
  describe('the request of the brief', () => {
    let accepted: DeploymentAccepted;

    it('is answered with 202, id, name, PENDING and the time', async () => {
      const answer = await house().api.ask<DeploymentAccepted>('POST', '/deployments', {
        body: '{"name":"web-app-prod","template":"web-app-stack","cloud_region":"us-west-1","parameters":{"web_count":2,"app_count":3,"db_count":1}}',
      });
      accepted = answer.body;
      expect(answer.status).toBe(202);
      expect(accepted).toEqual({
        id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
        name: 'web-app-prod',
        status: 'PENDING',
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      });
    });

    it('can be watched while it runs, over broken connections, without losing or repeating an event', async () => {
      const { api } = house();
      const seen: string[] = [];
      let isRunning = true;
      while (isRunning) {
        let readHere = 0;
        for await (const { id, event, data } of api.stream(accepted.id, seen.at(-1))) {
          if (event === 'end') isRunning = false;
          if (id === undefined) continue;
          expect((data as DeploymentEvent).seq).toBe(Number(id));
          seen.push(id);
          if ((readHere += 1) === 7) break;
        }
      }
      const listed = await api.events(accepted.id);
      expect(seen).toEqual(listed.map(({ seq }) => String(seq)));
      expect(listed.map(({ seq }) => seq)).toEqual(listed.map((_, index) => index + 1));
      const ended = listed.filter(({ type }) => type === 'node.done').map(({ key }) => key);
      expect(new Set(ended).size).toBe(14);
    });

    it('then shows its resources, which are what the cloud has', async () => {
      const { api, projects } = house();
      const done = await api.deployment(accepted.id);
      const cloud = await projects['us-west-1'].logIn();
      expect([done.status, done.error]).toEqual(['COMPLETED', null]);
      const { resources } = done;
      expect(resources.subnet_ids).toHaveLength(3);
      expect(Object.keys(resources.subnets)).toEqual(['app', 'db', 'web']);
      expect(Object.entries(resources.tiers).map(([tier, members]) => [tier, members.map(({ ip }) => ip)])).toEqual(
        expect.arrayContaining([
          ['web', ['10.0.1.10', '10.0.1.11']],
          ['app', ['10.0.2.10', '10.0.2.11', '10.0.2.12']],
          ['db', ['10.0.3.10']],
        ]),
      );
      const members = Object.values(resources.tiers).flat();
      expect(Object.keys(resources.vm_ips).toSorted()).toEqual([...resources.vm_ids].toSorted());
      for (const { vm_id, ip, state } of members) {
        expect([resources.vm_ips[vm_id ?? ''], state]).toEqual([ip, 'present']);
        const { server } = await cloud.at<{ server: CloudServer }>('compute', 'GET', `/servers/${vm_id}`);
        expect(server.status).toBe('ACTIVE');
        expect(Object.values(server.addresses).flatMap((list) => list.map(({ addr }) => addr))).toEqual([ip]);
        expect(server.metadata).toMatchObject({ deployment_id: accepted.id, groundwork_owner: accepted.id });
      }
      const { network } = await cloud.at<{ network: CloudNetwork }>(
        'network',
        'GET',
        `/networks/${resources.network_id}`,
      );
      expect(network.subnets.toSorted()).toEqual(resources.subnet_ids.toSorted());
      const ports = `/ports?device_id=${resources.router_id}&device_owner=network:router_interface`;
      const interfaces = await cloud.at<{ ports: unknown[] }>('network', 'GET', ports);
      expect(interfaces.ports).toHaveLength(3);
    });

    it('tells of its run, node by node', async () => {
      const { api } = house();
      const { items } = await api.get<{ items: { id: string; kind: string; status: string }[] }>(
        `/deployments/${accepted.id}/runs`,
      );
      expect(items).toMatchObject([{ kind: 'deploy', status: 'succeeded' }]);
      const run = await api.get<{ nodes: { key: string; state: string; provider_id: string | null }[] }>(
        `/deployments/${accepted.id}/runs/${items[0]?.id}`,
      );
      expect(run.nodes).toHaveLength(14);
      expect(run.nodes.filter(({ state, provider_id }) => state !== 'done' || !provider_id)).toEqual([]);
    });

    it('is deleted once: then it is 404 to delete, and history to read', async () => {
      const { api, projects } = house();
      const path = `/deployments/${accepted.id}`;
      expect(await api.ask('DELETE', path)).toMatchObject({
        status: 202,
        body: { id: accepted.id, status: 'DELETING' },
      });
      const gone = await api.settled(accepted.id);
      expect([gone.status, gone.resources.vm_ids, gone.resources.network_id]).toEqual(['DELETED', [], null]);
      expect(await projects['us-west-1'].contents()).toEqual([]);
      expectProblem(await api.ask('DELETE', path), 404, 'not_found');
      const { items } = await api.get<DeploymentPage>('/deployments?status=DELETED');
      expect(items.map(({ id }) => id)).toContain(accepted.id);
      expect((await api.get<DeploymentPage>('/deployments')).items.map(({ id }) => id)).not.toContain(accepted.id);
    });
  });
}

interface CloudServer {
  readonly status: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly addresses: Readonly<Record<string, readonly { readonly addr: string }[]>>;
}

interface CloudNetwork {
  readonly subnets: string[];
}

function describeRepetition(house: () => HouseOnSite): void {
  describe('a request with an Idempotency-Key', () => {
    it('deploys once, however often and however much at once it is sent', async () => {
      const { api } = house();
      const body = { ...BRIEF, name: 'only-once', template: 'small-stack', parameters: {} };
      const headers = { 'idempotency-key': 'the same' };
      const answers = await Promise.all(Array.from({ length: 6 }, () => api.deploy(body, headers)));
      answers.push(await api.deploy(body, headers));
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      const { total } = await api.get<DeploymentPage>('/deployments?name=only-once');
      expect(total).toBe(1);
      const other = await api.ask('POST', '/deployments', { body: { ...body, name: 'another' }, headers });
      expect(expectProblem(other, 422, 'idempotency_conflict')).toMatchObject([{ pointer: 'header/Idempotency-Key' }]);
      const id = answers[0]?.id ?? '';
      await api.settled(id);
      await api.ask('DELETE', `/deployments/${id}`);
      expect((await api.settled(id)).status).toBe('DELETED');
    });
  });

  describe('a dry run', () => {
    it('shows the whole plan and records nothing', async () => {
      const { api, projects } = house();
      const body = { ...BRIEF, name: 'only-planned' };
      const answer = await api.ask<DryRun>('POST', '/deployments?dry_run=true', { body });
      expect(answer.status).toBe(200);
      expect(answer.body.plan).toMatchObject({ total: 14 });
      expect(answer.body.plan.estimated_ms).toBeGreaterThan(0);
      const keys = answer.body.plan.nodes.map(({ key }) => key);
      expect(keys).toEqual(expect.arrayContaining(['network', 'router', 'interface/db', 'server/app/3']));
      expect(await api.get<DeploymentPage>('/deployments?name=only-planned')).toMatchObject({ total: 0 });
      expect((await projects['us-west-1'].contents()).filter((name) => name.includes('only-planned'))).toEqual([]);
    });
  });
}
