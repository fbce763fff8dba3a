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
import type { ConformanceRegion, ConformanceTarget } from './bench.ts';
import { openStackChanges } from './openstack-changes.ts';
import { networkOrder, openStackOrders, openStackRefusals } from './openstack-orders.ts';
import { openStackQuestions } from './openstack-questions.ts';
import { SECOND_GROUP } from './openstack-orders.ts';
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
  /** One that has more of everything. */
  readonly flavorLarger: string;
  /** A flavor that no host has room for. */
  readonly flavorTooBig: string;
  readonly image: string;
  readonly externalNetwork: string;
  readonly keyPair: string;
  close(): Promise<void>;
}

export type SiteNames = Pick<
  OpenStackSite,
  'flavor' | 'flavorLarger' | 'flavorTooBig' | 'image' | 'externalNetwork' | 'keyPair'
>;

/** What both the laboratory cloud and the simulator are seeded with. */
export const LAB_NAMES: SiteNames = {
  flavor: 'm1.tiny',
  flavorLarger: 'm1.small',
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
  const orders = openStackOrders(names);
  return {
    name,
    makeRegion: async (quota) => openOpenStackBench(await openSite(), quota),
    orders,
    changes: openStackChanges(names),
    questions: openStackQuestions(names),
    quotas: {
      instances: { limit: 20, used: 1 },
      cores: { limit: 100, used: 1 },
      ram_mb: { limit: null, used: 512 },
      networks: { limit: 20, used: 1 },
      subnets: { limit: 20, used: 1 },
      routers: { limit: 5, used: 1 },
    },
    refusals: openStackRefusals(names),
    inUse: { network: 'NetworkInUse', 'subnet/web': 'SubnetInUse', router: 'RouterInUse' },
    overQuota: [networkOrder('network'), networkOrder('network/second')],
  };
}

/** The default quota of memory is below the flavor that no host has room for. */
const AMPLE_QUOTA = {
  compute: { instances: 20, cores: 100, ram: -1 },
  network: { network: 20, subnet: 20, router: 5 },
};
const TINY_QUOTA = {
  compute: { instances: 1, cores: 1 },
  network: { network: 1, subnet: 1, port: 4, router: 1 },
};

export interface OpenStackBench extends ConformanceRegion {
  /** The region's own user, for what drivers cannot do. */
  readonly user: OpenStackSession;
  /** An administrator of the cloud, in a project of his own. */
  readonly admin: OpenStackSession;
  /** The same project with other settings; closed by the caller. */
  open(change: Partial<CloudConfig>): Region;
}

/** A project of its own, and a region that works in it. */
export async function openOpenStackBench(site: OpenStackSite, quota?: 'tiny'): Promise<OpenStackBench> {
  const admin = await OpenStackSession.open(site.authUrl, { ...site.admin });
  const projectId = await admin.makeProject(`conformance-${randomUUID()}`, site.user.username);
  await admin.setQuota(projectId, quota === 'tiny' ? TINY_QUOTA : AMPLE_QUOTA);
  const user = await OpenStackSession.open(site.authUrl, { ...site.user, projectId });
  const group = await user.at<{ security_group: { id: string } }>('network', 'POST', '/security-groups', {
    security_group: { name: SECOND_GROUP },
  });
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
    admin,
    open,
    prepare: { twoImages: () => user.makeTwoImages() },
    async cleanup() {
      await region.close();
      await tap.close();
      await user.removeImages();
      await user.at('network', 'DELETE', `/security-groups/${group.security_group.id}`);
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
