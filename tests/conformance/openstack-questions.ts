/** What is asked of an OpenStack cloud before anything is made, and what it must answer. */

import { outputOf } from '../../src/domain/resource.ts';
import type { Question } from './bench.ts';
import { SECOND_GROUP } from './openstack-orders.ts';
import type { SiteNames } from './openstack-target.ts';

export function openStackQuestions(names: SiteNames): Question[] {
  const network_id = outputOf('network', 'id');
  const server = (title: string, change: object, rest: Pick<Question, 'checks' | 'uses'>): Question => ({
    title,
    kind: 'openstack.server',
    wanted: { name: 'asked', flavor: names.flavor, image: names.image, network_id, ...change },
    ...rest,
  });
  const router = (title: string, external_network: string | null, checks: Question['checks']): Question => ({
    title,
    kind: 'openstack.router',
    wanted: { name: 'asked', external_network },
    checks,
    uses: { routers: 1 },
  });
  return [
    server(
      'a server that can be made',
      { key_name: names.keyPair, security_groups: [SECOND_GROUP], availability_zone: 'nova', fixed_ip: '10.77.1.99' },
      {
        checks: {
          flavor: ['pass', /m1\.tiny: 1 vCPU, 512 MiB, 1 GiB/],
          image: ['pass', /is active and fits into m1\.tiny/],
          key_pair: ['pass', /lab-key/],
          security_group: ['pass', /conformance-web/],
          availability_zone: ['pass', /nova is available/],
        },
        uses: { instances: 1, ports: 1, cores: 1, ram_mb: 512 },
      },
    ),
    server(
      'a server of which nothing is there',
      {
        flavor: 'no-such-flavor',
        image: 'no-such-image',
        key_name: 'no-such-key',
        security_groups: ['no-such-group'],
        availability_zone: 'nowhere',
      },
      {
        checks: {
          flavor: ['fail', /there is no flavor "no-such-flavor"/],
          image: ['fail', /there is no image "no-such-image"/],
          key_pair: ['fail', /no key pair "no-such-key"/],
          security_group: ['fail', /no security group "no-such-group"/],
          availability_zone: ['fail', /no availability zone "nowhere"/],
        },
        uses: { instances: 1, ports: 1 },
      },
    ),
    router('a router with a gateway', names.externalNetwork, { external_network: ['pass', /public is external/] }),
    router('a router with a gateway that is not there', 'nowhere', {
      external_network: ['fail', /there is no external network "nowhere"/],
    }),
    router('a router without a gateway', null, {}),
    { title: 'a network', kind: 'openstack.network', wanted: { name: 'asked' }, checks: {}, uses: { networks: 1 } },
    {
      title: 'a subnet',
      kind: 'openstack.subnet',
      wanted: { name: 'asked', network_id, cidr: '10.77.9.0/24', dns_nameservers: [] },
      checks: {},
      uses: { subnets: 1 },
    },
    {
      title: 'an interface',
      kind: 'openstack.router-interface',
      wanted: { router_id: outputOf('router', 'id'), subnet_id: outputOf('subnet/web', 'id') },
      checks: {},
      uses: { ports: 1 },
    },
  ];
}
