/**
 * What is OpenStack's alone and yet must be right: ports that the cloud forgot, interfaces that cannot carry a mark,
 * tags that anybody may remove, old clouds, other ways to log in. Runs against the simulator and real services alike.
 */

import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { JsonObject } from '../../src/domain/json.ts';
import type { Driver, Region, ResourceRef } from '../../src/ports/driver.ts';
import { Secret } from '../../src/providers/openstack/secret.ts';
import type { OpenStackBench, OpenStackSite, SiteNames } from './openstack-target.ts';
import { openOpenStackBench } from './openstack-target.ts';
import { eventually, freeContext, removeUntilGone, sweepRegion } from './sweep.ts';

interface Stack {
  readonly network: string;
  readonly subnet: string;
}

/** Registers the suite. */
export function describeOpenStackQuirks(names: SiteNames, openSite: () => Promise<OpenStackSite>): void {
  describe('quirks of OpenStack', () => {
    const owner = randomUUID();
    let bench: OpenStackBench;
    let stack: Stack;

    beforeAll(async () => {
      bench = await openOpenStackBench(await openSite());
      const network = await make('openstack.network', 'network', { name: 'quirks' });
      const wanted = { name: 'quirks', network_id: network, cidr: '10.78.1.0/24', dns_nameservers: [] };
      stack = { network, subnet: await make('openstack.subnet', 'subnet/web', wanted) };
    });

    afterAll(async () => {
      await sweepRegion(bench.region, owner);
      await bench.cleanup();
    });

    const ref = (providerId: string, key: string, wanted: JsonObject = {}): ResourceRef => ({
      providerId,
      mark: { owner, key, generation: 1 },
      wanted,
    });

    async function make(kind: string, key: string, wanted: JsonObject, region = bench.region): Promise<string> {
      return (await driverOf(region, kind).create(wanted, { owner, key, generation: 1 }, freeContext())).providerId;
    }

    const serverWanted = (): JsonObject => ({
      name: 'quirk',
      flavor: names.flavor,
      image: names.image,
      network_id: stack.network,
    });

    /** A port made by hand, as the cloud or a stranger would. */
    async function port(fields: object): Promise<string> {
      const body = { port: { network_id: stack.network, ...fields } };
      const made = await bench.user.at<{ port: { id: string } }>('network', 'POST', '/ports', body);
      return made.port.id;
    }

    const untilGone = (kind: string, target: ResourceRef): Promise<void> =>
      removeUntilGone(driverOf(bench.region, kind), target);

    it('names ports that the cloud left behind, and nobody else’s', async () => {
      const server = await make('openstack.server', 'server/alive', serverWanted());
      const forgotten = await port({});
      const orphan = await port({ device_id: randomUUID() });
      const strangers = [
        await port({ name: 'kept for later' }),
        await port({ description: 'virtual address of the cluster' }),
        await port({ description: `groundwork owner=${randomUUID()} key=port/vip generation=1` }),
      ];
      for (const [kind, id] of [
        ['openstack.network', stack.network],
        ['openstack.subnet', stack.subnet],
      ] as const) {
        const left = await driverOf(bench.region, kind).leftBehind?.(ref(id, 'any'), freeContext());
        expect(left?.map(({ providerId }) => providerId).toSorted()).toEqual([forgotten, orphan].toSorted());
        expect(left?.every((each) => each.kind === 'openstack.port')).toBe(true);
      }
      for (const id of [forgotten, orphan, ...strangers]) {
        expect(await driverOf(bench.region, 'openstack.port').remove(ref(id, 'any'), freeContext())).toBe('gone');
      }
      await untilGone('openstack.server', ref(server, 'server/alive'));
    });

    it('goes on seeing a server whose tag somebody removed', async () => {
      const server = ref(await make('openstack.server', 'server/untagged', serverWanted()), 'server/untagged');
      await untilActive(bench.region, server);
      await bench.user.at('compute', 'PUT', `/servers/${server.providerId}/tags`, { tags: [] });
      const observed = await driverOf(bench.region, 'openstack.server').observe([server], freeContext());
      expect(observed.get(server.providerId)).toMatchObject({ name: 'quirk' });
      await untilGone('openstack.server', server);
    });

    it('says that a locked server cannot be removed, and by whom it can', async () => {
      const server = ref(await make('openstack.server', 'server/locked', serverWanted()), 'server/locked');
      await untilActive(bench.region, server);
      const act = (action: object) => bench.user.at('compute', 'POST', `/servers/${server.providerId}/action`, action);
      await act({ lock: null });
      const driver = driverOf(bench.region, 'openstack.server');
      const failure = await driver.remove(server, freeContext()).then(() => undefined, driver.classify);
      expect(failure).toMatchObject({ class: 'permanent', type: 'ServerLocked' });
      expect(failure?.remedy).toContain('Unlock');
      await act({ unlock: null });
      await untilGone('openstack.server', server);
    });

    it('tells the generation of an interface that was made again', async () => {
      const router = await make('openstack.router', 'router', { name: 'quirks', external_network: null });
      const driver = driverOf(bench.region, 'openstack.router-interface');
      const wanted = { router_id: router, subnet_id: stack.subnet };
      const mark = { owner, key: 'interface/web', generation: 2 };
      const { providerId } = await driver.create(wanted, mark, freeContext());
      expect(await driver.find(owner, freeContext())).toMatchObject([{ providerId, mark }]);
      // Swept: nothing but its id is known.
      expect(await driver.remove(ref(providerId, 'interface/web'), freeContext())).toBe('gone');
      expect(await driver.find(owner, freeContext())).toEqual([]);
      expect(await driver.remove(ref(providerId, 'interface/web'), freeContext())).toBe('gone');
      await untilGone('openstack.router', ref(router, 'router'));
    });

    it('finds servers by their metadata in a cloud that knows no tags at creation', async () => {
      const old = bench.open({ computeMicroversion: '2.51' });
      const before = bench.tap.calls.length;
      const id = await make('openstack.server', 'server/old', serverWanted(), old);
      const [post] = bench.tap.calls.slice(before).filter(({ method }) => method === 'POST');
      expect(JSON.parse(post?.body ?? '{}')).not.toHaveProperty('server.tags');
      const found = await driverOf(old, 'openstack.server').find(owner, freeContext());
      expect(found.map(({ providerId }) => providerId)).toContain(id);
      await untilActive(old, ref(id, 'server/old', serverWanted()));
      await old.close();
      await untilGone('openstack.server', ref(id, 'server/old'));
    });

    it('logs in with an application credential', async () => {
      const { id, secret } = await bench.user.makeApplicationCredential();
      const credentials = { method: 'application_credential', credential: { id }, secret: new Secret(secret) } as const;
      const region = bench.open({ credentials, project: undefined as never });
      expect(await driverOf(region, 'openstack.network').find(owner, freeContext())).toHaveLength(1);
      await region.close();
    });

    it('says that a wrong password is wrong, for good', async () => {
      const user = { name: 'nobody', domain: { id: 'default' } };
      const region = bench.open({ credentials: { method: 'password', user, password: new Secret('wrong') } });
      const driver = driverOf(region, 'openstack.network');
      const failure = await driver.find(owner, freeContext()).then(() => undefined, driver.classify);
      expect(failure).toMatchObject({ class: 'permanent', type: 'AuthenticationFailed', status: 401 });
      await expect(region.ping(AbortSignal.timeout(30_000))).rejects.toThrow(/cannot be used/);
      await region.close();
    });
  });
}

function driverOf(region: Region, kind: string): Driver {
  const driver = region.driver(kind);
  if (!driver) throw new Error(`no driver for ${kind}`);
  return driver;
}

async function untilActive(region: Region, server: ResourceRef): Promise<void> {
  const driver = driverOf(region, 'openstack.server');
  await eventually('the server is ACTIVE', async () => {
    const observed = (await driver.observe([server], freeContext())).get(server.providerId);
    return observed?.['status'] === 'ACTIVE' || undefined;
  });
}
