/** What is ordered of an OpenStack cloud, and what it must refuse. */

import { randomUUID } from 'node:crypto';

import type { Made, Order, Refusal } from './bench.ts';
import type { SiteNames } from './openstack-target.ts';

/** Beside `default`; made in every project of the suites. */
export const SECOND_GROUP = 'conformance-web';

/** One whole stack, dependencies first. */
export function openStackOrders({ flavor, image, externalNetwork, keyPair }: SiteNames): Order[] {
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

export function networkOrder(key: string): Order {
  const wanted = () => ({ name: 'conformance' });
  return { key, kind: 'openstack.network', mark: 'own', wanted, twin: wanted };
}

export function subnet(made: Made, cidr: string) {
  return { name: 'conformance-web', network_id: made('network'), cidr, dns_nameservers: ['192.0.2.53'] };
}

export function server(made: Made, { flavor, image }: { flavor: string; image: string }) {
  return { name: 'conformance-web-0', flavor, image, network_id: made('network') };
}

/** Asked for while the whole stack stands. */
export function openStackRefusals(names: SiteNames): Refusal[] {
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
