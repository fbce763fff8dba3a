/**
 * An OpenStack cloud as a target of the driver conformance suite: what to order, what must be refused, and a project of
 * its own for every region. Everything here goes through public APIs, so it is the same for the simulator and for real
 * services.
 */

import { randomUUID } from 'node:crypto';

import type { Region } from '../../src/ports/driver.ts';
import type { CloudConfig } from '../../src/providers/openstack/index.ts';
import { createOpenStackRegion, readCloud } from '../../src/providers/openstack/index.ts';
import type { Logger } from '../../src/ports/logger.ts';
import type { ConformanceRegion, ConformanceTarget, Made, Order, Refusal } from './driver-conformance.ts';
import { OpenStackSession } from './openstack-session.ts';
import { openWireTap } from './wire-tap.ts';

export interface OpenStackSite {
  /** Ends with /v3. */
  readonly authUrl: string;
  readonly regionName: string;
  readonly admin: { readonly username: string; readonly password: string; readonly project: string };
  /** Gets the role `member` in the project that is made. */
  readonly user: { readonly username: string; readonly password: string };
  readonly flavor: string;
  /** A flavor that no host has room for. */
  readonly flavorTooBig: string;
  readonly image: string;
  readonly externalNetwork: string;
  readonly keyPair: string;
  close(): Promise<void>;
}

export type SiteNames = Pick<OpenStackSite, 'flavor' | 'flavorTooBig' | 'image' | 'externalNetwork' | 'keyPair'>;

/** What both the laboratory cloud and the simulator are seeded with. */
export const LAB_NAMES: SiteNames = {
  flavor: 'm1.tiny',
  flavorTooBig: 'oslab.toobig',
  image: 'debian-12',
  externalNetwork: 'public',
  keyPair: 'lab-key',
};

/** @param openSite called once for every region of the suite. */
export function openStackTarget(
  name: string,
  names: SiteNames,
  openSite: () => Promise<OpenStackSite>,
): ConformanceTarget {
  const orders = stackOrders(names);
  return {
    name,
    makeRegion: async (quota) => openOpenStackBench(await openSite(), quota),
    orders,
    refusals: refusals(names),
    inUse: { network: 'NetworkInUse', 'subnet/web': 'SubnetInUse', router: 'RouterInUse' },
    overQuota: [networkOrder('network'), networkOrder('network/second')],
  };
}

function stackOrders({ flavor, image, externalNetwork, keyPair }: SiteNames): Order[] {
  return [
    networkOrder('network'),
    {
      key: 'subnet/web',
      kind: 'openstack.subnet',
      mark: 'own',
      wanted: (made) => subnet(made, '10.77.1.0/24'),
      twin: (made) => subnet(made, '10.77.2.0/24'),
    },
    {
      key: 'router',
      kind: 'openstack.router',
      mark: 'own',
      wanted: () => ({ name: 'conformance', external_network: externalNetwork }),
      twin: () => ({ name: 'conformance', external_network: null }),
    },
    {
      key: 'interface/web',
      kind: 'openstack.router-interface',
      mark: 'neighbours',
      wanted: (made) => ({ router_id: made('router'), subnet_id: made('subnet/web') }),
    },
    {
      key: 'port/spare',
      kind: 'openstack.port',
      mark: 'own',
      wanted: (made) => ({ name: 'spare', network_id: made('network'), fixed_ip: '10.77.1.40' }),
      twin: (made) => ({ name: 'spare', network_id: made('network'), subnet_id: made('subnet/web') }),
    },
    {
      key: 'server/web/0',
      kind: 'openstack.server',
      mark: 'own',
      wanted: (made) => ({
        ...server(made, { flavor, image }),
        fixed_ip: '10.77.1.20',
        key_name: keyPair,
        security_groups: ['default'],
        user_data: '#cloud-config\nhostname: wëb\n',
        metadata: { tier: 'web' },
      }),
      twin: (made) => server(made, { flavor, image }),
    },
  ];
}

function networkOrder(key: string): Order {
  const wanted = () => ({ name: 'conformance' });
  return { key, kind: 'openstack.network', mark: 'own', wanted, twin: wanted };
}

function subnet(made: Made, cidr: string) {
  return { name: 'conformance-web', network_id: made('network'), cidr, dns_nameservers: ['192.0.2.53'] };
}

function server(made: Made, { flavor, image }: { flavor: string; image: string }) {
  return { name: 'conformance-web-0', flavor, image, network_id: made('network') };
}

function refusals(names: SiteNames): Refusal[] {
  const { flavor, image } = names;
  const order = (title: string, type: string, change: object, words: RegExp): Refusal => ({
    title,
    kind: 'openstack.server',
    wanted: (made) => ({ ...server(made, names), ...change }),
    failure: { class: 'permanent', type },
    words,
    when: 'created',
  });
  return [
    order('an unknown flavor', 'FlavorNotFound', { flavor: 'no-such-flavor' }, /no-such-flavor/),
    order('an unknown image', 'ImageNotFound', { image: 'no-such-image' }, /no-such-image/),
    order('an unknown image id', 'ImageNotFound', { image: randomUUID() }, /there is no image/),
    order('an unknown key pair', 'KeyPairNotFound', { key_name: 'no-such-key' }, /Invalid key_name provided/),
    order('an unknown security group', 'SecurityGroupNotFound', { security_groups: ['nope'] }, /nope/),
    order('an unknown network', 'NetworkNotFound', { network_id: randomUUID() }, /could not be found/),
    {
      title: 'an image name that two images have',
      kind: 'openstack.server',
      wanted: async (made, { prepare }) => server(made, { flavor, image: (await prepare['twoImages']?.()) ?? '' }),
      failure: { class: 'permanent', type: 'ImageAmbiguous' },
      words: /is the name of 2 images: \S+, \S+/,
      when: 'created',
    },
    {
      title: 'a server that no host has room for',
      kind: 'openstack.server',
      wanted: (made) => server(made, { flavor: names.flavorTooBig, image }),
      failure: { class: 'permanent', type: 'NoValidHost' },
      words: /with fault 500: No valid host was found\./,
      when: 'observed',
    },
    {
      title: 'a gateway network that is not external',
      kind: 'openstack.router',
      wanted: (made) => ({ name: 'conformance', external_network: made('network') }),
      failure: { class: 'permanent', type: 'ExternalNetworkNotFound' },
      words: /there is no external network/,
      when: 'created',
    },
    {
      title: 'a subnet that overlaps another one',
      kind: 'openstack.subnet',
      wanted: (made) => subnet(made, '10.77.1.128/25'),
      failure: { class: 'permanent', type: 'InvalidInput' },
      words: /overlaps with another subnet/,
      when: 'created',
    },
    {
      // It may be our own earlier request that took the address: look first.
      title: 'an address that another server has',
      kind: 'openstack.server',
      wanted: (made) => ({ ...server(made, names), fixed_ip: '10.77.1.20' }),
      failure: { class: 'unknown-outcome', type: 'FixedIpInUse' },
      words: /Fixed IP address 10\.77\.1\.20 is already in use/,
      when: 'created',
    },
  ];
}

/** The default quota of memory is below the flavor that no host has room for. */
const AMPLE_QUOTA = { compute: { instances: 20, cores: 100, ram: -1 }, network: { network: 20 } };
const TINY_QUOTA = {
  compute: { instances: 1, cores: 1 },
  network: { network: 1, subnet: 1, port: 4, router: 1 },
};

export interface OpenStackBench extends ConformanceRegion {
  /** The region's own user, for what drivers cannot do. */
  readonly user: OpenStackSession;
  /** The same project with other settings; closed by the caller. */
  open(change: Partial<CloudConfig>): Region;
}

/** A project of its own, and a region that works in it. */
export async function openOpenStackBench(site: OpenStackSite, quota?: 'tiny'): Promise<OpenStackBench> {
  const admin = await OpenStackSession.open(site.authUrl, { ...site.admin });
  const projectId = await admin.makeProject(`conformance-${randomUUID()}`, site.user.username);
  await admin.setQuota(projectId, quota === 'tiny' ? TINY_QUOTA : AMPLE_QUOTA);
  const user = await OpenStackSession.open(site.authUrl, { ...site.user, projectId });
  const tap = await openWireTap();
  const cloud = {
    ...readCloud({ cloudsYamlText: cloudsYaml(site, projectId), env: {}, cloudName: 'own', path: 'clouds.yaml' }),
    endpoints: {
      compute: tap.through(user.endpoint('compute')),
      network: tap.through(user.endpoint('network')),
      image: tap.through(user.endpoint('image')),
    },
  };
  const open = (change: Partial<CloudConfig>): Region =>
    createOpenStackRegion({ name: 'conformance', cloud: { ...cloud, ...change }, log: silent });
  const region = open({});
  return {
    region,
    tap,
    user,
    open,
    prepare: { twoImages: () => user.makeTwoImages() },
    async cleanup() {
      await region.close();
      await tap.close();
      await user.removeImages();
      await admin.removeProject(projectId);
      await site.close();
    },
  };
}

function cloudsYaml(site: OpenStackSite, projectId: string): string {
  return `clouds:
  own:
    region_name: ${site.regionName}
    auth:
      auth_url: ${site.authUrl}
      username: ${site.user.username}
      password: ${site.user.password}
      user_domain_id: default
      project_id: ${projectId}
`;
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
