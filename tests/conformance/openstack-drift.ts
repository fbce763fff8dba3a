/**
 * What others do to our things behind our back, with OpenStack's own calls: drivers must see each of it, and lead back
 * where something can be led back. Runs against the simulator and real services alike.
 */

import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { JsonObject } from '../../src/domain/json.ts';
import { formatOwnerMark } from '../../src/domain/owner-mark.ts';
import type { Driver, ResourceRef } from '../../src/ports/driver.ts';
import { Secret } from '../../src/providers/openstack/secret.ts';
import { converge } from './converge.ts';
import { SECOND_GROUP } from './openstack-orders.ts';
import type { OpenStackBench, OpenStackSite, SiteNames } from './openstack-target.ts';
import { openOpenStackBench } from './openstack-target.ts';
import { eventually, freeContext, sweepRegion } from './sweep.ts';

/** Something of ours, and what was known of it when it was right. */
interface Thing {
  readonly driver: Driver;
  readonly ref: ResourceRef;
  readonly outputs: JsonObject;
}

const KEYS = ['network', 'subnet/web', 'router', 'interface/web', 'server/web/0'] as const;
type Key = (typeof KEYS)[number];

/** Registers the suite. */
export function describeOpenStackDrift(names: SiteNames, openSite: () => Promise<OpenStackSite>): void {
  describe('drift of OpenStack', () => {
    const owner = randomUUID();
    const things = new Map<Key, Thing>();
    let site: OpenStackSite;
    let bench: OpenStackBench;

    beforeAll(async () => {
      site = await openSite();
      bench = await openOpenStackBench(site);
      for (const key of KEYS) things.set(key, await make(key));
    });
    afterAll(async () => {
      await sweepRegion(bench.region, owner);
      await bench.cleanup();
    });

    async function make(key: Key): Promise<Thing> {
      const { kind, wanted } = wantedOf(key);
      const driver = bench.region.driver(kind);
      if (!driver) throw new Error(`no driver for ${kind}`);
      const mark = { owner, key, generation: 1 };
      const { providerId } = await driver.create(wanted, mark, freeContext());
      const ref = { providerId, mark, wanted };
      return { driver, ref, outputs: (await converge(driver, ref, {})).outputs };
    }

    function wantedOf(key: Key): { kind: string; wanted: JsonObject } {
      const id = (of: Key): string => things.get(of)?.ref.providerId ?? '';
      const network_id = id('network');
      const wanted: Record<Key, JsonObject> = {
        network: { name: 'drift' },
        'subnet/web': { name: 'drift', network_id, cidr: '10.79.1.0/24', dns_nameservers: ['192.0.2.53'] },
        router: { name: 'drift', external_network: names.externalNetwork },
        'interface/web': { router_id: id('router'), subnet_id: id('subnet/web') },
        'server/web/0': {
          name: 'drift-web-0',
          flavor: names.flavor,
          image: names.image,
          network_id,
          fixed_ip: '10.79.1.20',
          security_groups: ['default', SECOND_GROUP],
          metadata: { tier: 'web' },
        },
      };
      const noun = key === 'interface/web' ? 'router-interface' : key.split('/')[0];
      return { kind: `openstack.${noun ?? ''}`, wanted: wanted[key] };
    }

    const thing = (key: Key): Thing => {
      const found = things.get(key);
      if (!found) throw new Error(`${key} was not made`);
      return found;
    };

    async function observe({ driver, ref }: Thing): Promise<JsonObject> {
      const observed = (await driver.observe([ref], freeContext())).get(ref.providerId);
      if (!observed) throw new Error(`${ref.mark.key} is gone`);
      return observed;
    }

    /** `field fix`, once the cloud is at rest with it. */
    function differences(key: Key): Promise<string[]> {
      const { driver, ref, outputs } = thing(key);
      return eventually(`${key} differs`, async () => {
        const found = driver.compare?.(ref.wanted, await observe(thing(key)), outputs) ?? [];
        return found.length > 0 ? found.map(({ field, fix }) => `${field} ${fix}`) : undefined;
      });
    }

    async function heal(key: Key): Promise<number> {
      const { driver, ref, outputs } = thing(key);
      return (await converge(driver, ref, outputs)).updates;
    }

    const serverPath = (rest = ''): string => `/servers/${thing('server/web/0').ref.providerId}${rest}`;
    const act = (action: object) => bench.user.at('compute', 'POST', serverPath('/action'), action);
    const put = (plural: string, key: Key, fields: object) =>
      bench.user.at('network', 'PUT', `/${plural}/${thing(key).ref.providerId}`, { [plural.slice(0, -1)]: fields });

    async function untilStatus(status: string): Promise<void> {
      await eventually(`the server is ${status}`, async () => {
        const observed = await observe(thing('server/web/0'));
        return (observed['status'] === status && observed['task_state'] === undefined) || undefined;
      });
    }

    async function flavorId(name: string): Promise<string> {
      const { flavors } = await bench.user.at<{ flavors: { id: string; name: string }[] }>(
        'compute',
        'GET',
        '/flavors',
      );
      return flavors.find((flavor) => flavor.name === name)?.id ?? '';
    }

    it.each([
      ['os-stop', 'SHUTOFF'],
      ['pause', 'PAUSED'],
      ['suspend', 'SUSPENDED'],
    ])('starts a server again that somebody treated with %s', async (deed, status) => {
      await act({ [deed]: null });
      await untilStatus(status);
      expect(await differences('server/web/0')).toEqual(['status update']);
      expect(await heal('server/web/0')).toBe(1);
    });

    it('takes back a resize that nobody here wanted, in each of its halves', async () => {
      await act({ resize: { flavorRef: await flavorId(names.flavorLarger) } });
      await untilStatus('VERIFY_RESIZE');
      expect(await differences('server/web/0')).toEqual(['status update', 'flavor update']);
      expect(await heal('server/web/0')).toBe(1);
      await act({ resize: { flavorRef: await flavorId(names.flavorLarger) } });
      await untilStatus('VERIFY_RESIZE');
      await act({ confirmResize: null });
      await untilStatus('ACTIVE');
      expect(await differences('server/web/0')).toEqual(['flavor update']);
      expect(await heal('server/web/0')).toBe(2);
    });

    it('confirms a resize to what is wanted that an earlier worker began', async () => {
      const { driver, ref, outputs } = thing('server/web/0');
      await act({ resize: { flavorRef: await flavorId(names.flavorLarger) } });
      await untilStatus('VERIFY_RESIZE');
      const larger = { ...ref, wanted: { ...ref.wanted, flavor: names.flavorLarger } };
      expect((await converge(driver, larger, outputs)).updates).toBe(1);
      expect(await heal('server/web/0')).toBe(2);
    });

    it('finds no difference between a flavor and its id', async () => {
      const { driver, ref, outputs } = thing('server/web/0');
      const byId = { ...ref, wanted: { ...ref.wanted, flavor: await flavorId(names.flavor) } };
      expect((await converge(driver, byId, outputs)).updates).toBe(0);
    });

    it('says NoValidHost for a resize that no host takes, and leaves the server as it was', async () => {
      const { driver, ref, outputs } = thing('server/web/0');
      const huge = { ...ref, wanted: { ...ref.wanted, flavor: names.flavorTooBig } };
      const failure = await converge(driver, huge, outputs).then(() => undefined, driver.classify);
      expect(failure).toMatchObject({
        class: 'permanent',
        type: 'NoValidHost',
        requestId: expect.stringMatching(/^req-/),
      });
      expect(failure?.message).toContain('cold_migrate: Error');
      expect(await heal('server/web/0')).toBe(0);
    });

    it('says SecurityGroupNotFound for a group that is not there', async () => {
      const { driver, ref, outputs } = thing('server/web/0');
      const odd = { ...ref, wanted: { ...ref.wanted, security_groups: ['no-such-group'] } };
      const failure = await converge(driver, odd, outputs).then(() => undefined, driver.classify);
      expect(failure).toMatchObject({ class: 'permanent', type: 'SecurityGroupNotFound' });
    });

    it('puts an interface with the same address back on a server, and its groups', async () => {
      type Listed = { interfaceAttachments: { port_id: string }[] };
      const { interfaceAttachments } = await bench.user.at<Listed>('compute', 'GET', serverPath('/os-interface'));
      await bench.user.at('compute', 'DELETE', serverPath(`/os-interface/${interfaceAttachments[0]?.port_id ?? ''}`));
      await eventually('the interface is off', async () => {
        const { addresses } = await observe(thing('server/web/0'));
        return JSON.stringify(addresses) === '{}' || undefined;
      });
      expect(await differences('server/web/0')).toEqual(['interface update']);
      expect(await heal('server/web/0')).toBe(2);
      expect((await observe(thing('server/web/0')))['addresses']).toEqual({ drift: ['10.79.1.20'] });
    });

    it('restores its own metadata and leaves those of others', async () => {
      await bench.user.at('compute', 'PUT', serverPath('/metadata'), { metadata: { tier: 'app', backup: 'daily' } });
      expect(await differences('server/web/0')).toEqual([
        'metadata.tier update',
        'metadata.groundwork_owner update',
        'metadata.groundwork_key update',
        'metadata.groundwork_generation update',
        'metadata.deployment_id update',
      ]);
      expect(await heal('server/web/0')).toBe(1);
      const { metadata } = await observe(thing('server/web/0'));
      expect(metadata).toMatchObject({ tier: 'web', backup: 'daily', groundwork_owner: owner });
    });

    it('finds that only another server helps one in ERROR, or with another address', async () => {
      await bench.admin.at('compute', 'POST', serverPath('/action'), { 'os-resetState': { state: 'error' } });
      expect(await differences('server/web/0')).toEqual(['status replace']);
      await bench.admin.at('compute', 'POST', serverPath('/action'), { 'os-resetState': { state: 'active' } });
      expect(await heal('server/web/0')).toBe(0);
      const query = `device_id=${thing('server/web/0').ref.providerId}`;
      const { ports } = await bench.user.at<{ ports: { id: string }[] }>('network', 'GET', `/ports?${query}`);
      const move = (ip_address: string) =>
        bench.user.at('network', 'PUT', `/ports/${ports[0]?.id ?? ''}`, { port: { fixed_ips: [{ ip_address }] } });
      await move('10.79.1.77');
      expect(await differences('server/web/0')).toEqual(['fixed_ip replace']);
      await move('10.79.1.20');
      await eventually('Nova has heard of it', async () => {
        const { addresses } = await observe(thing('server/web/0'));
        return JSON.stringify(addresses).includes('"10.79.1.20"') || undefined;
      });
      expect(await heal('server/web/0')).toBe(0);
    });

    it('puts a network, a subnet and a router right again', async () => {
      await put('networks', 'network', { name: 'other', admin_state_up: false, description: 'see wiki' });
      expect(await differences('network')).toEqual(['name update', 'admin_state_up update', 'description update']);
      expect(await heal('network')).toBe(1);
      const { network } = await bench.user.at<{ network: { description: string } }>(
        'network',
        'GET',
        `/networks/${thing('network').ref.providerId}`,
      );
      expect(network.description).toBe(`${formatOwnerMark(thing('network').ref.mark)} see wiki`);
      await put('subnets', 'subnet/web', { gateway_ip: null, enable_dhcp: false, dns_nameservers: [] });
      const wrong = ['dns_nameservers update', 'gateway_ip update', 'enable_dhcp update'];
      expect(await differences('subnet/web')).toEqual(wrong);
      expect(await heal('subnet/web')).toBe(1);
      await put('routers', 'router', { admin_state_up: false, external_gateway_info: null });
      expect(await differences('router')).toEqual(['admin_state_up update', 'external_network update']);
      expect(await heal('router')).toBe(1);
    });

    it('finds that only another interface helps one that was taken off its router', async () => {
      await put('ports', 'interface/web', { admin_state_up: false });
      expect(await differences('interface/web')).toEqual(['admin_state_up update']);
      expect(await heal('interface/web')).toBe(1);
      await put('ports', 'interface/web', { device_id: '' });
      expect(await differences('interface/web')).toEqual(['router_id replace']);
      await put('ports', 'interface/web', { device_id: thing('router').ref.providerId });
    });

    it('tells an administrator the room on the hosts', async () => {
      const { username, password, project } = site.admin;
      const domain = { id: 'default' };
      const credentials = {
        method: 'password',
        user: { name: username, domain },
        password: new Secret(password),
      } as const;
      const region = bench.open({ credentials, project: { name: project, domain } });
      const driver = region.driver('openstack.server');
      const sizes = [names.flavor, names.flavorTooBig].map((flavor) => ({
        ...wantedOf('server/web/0').wanted,
        flavor,
      }));
      const outlooks = (await driver?.feasibility?.(sizes, freeContext())) ?? [];
      const verdicts = outlooks.map(({ checks }) => checks.find(({ what }) => what === 'host_capacity')?.verdict);
      expect(verdicts).toEqual(['pass', 'fail']);
      await region.close();
    });
  });
}
