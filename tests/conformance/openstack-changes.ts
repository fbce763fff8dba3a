/** What is changed of the stack that stands, one thing at a time, and what becomes different by it. */

import type { JsonObject } from '../../src/domain/json.ts';
import type { ChangeOrder, Made } from './bench.ts';
import { openStackOrders, SECOND_GROUP } from './openstack-orders.ts';
import type { SiteNames } from './openstack-target.ts';

export function openStackChanges(names: SiteNames): ChangeOrder[] {
  const orders = openStackOrders(names);
  const change = (key: string, title: string, fields: readonly string[], change: JsonObject): ChangeOrder => {
    const order = orders.find((each) => each.key === key);
    return { key, title, fields, wanted: (made: Made) => ({ ...order?.wanted(made), ...change }) };
  };
  const lost = (order: ChangeOrder): ChangeOrder => ({ ...order, alsoLost: true });
  return [
    change('network', 'the name of a network', ['name'], { name: 'renamed' }),
    lost(
      change('subnet/web', 'the name servers of a subnet', ['dns_nameservers'], {
        dns_nameservers: ['192.0.2.54', '192.0.2.53'],
      }),
    ),
    lost(change('router', 'a router that is to have no gateway', ['external_network'], { external_network: null })),
    change('port/spare', 'the address of a port', ['fixed_ip'], { fixed_ip: '10.77.1.41' }),
    lost(change('server/web/0', 'the flavor of a server', ['flavor'], { flavor: names.flavorLarger })),
    change('server/web/0', 'the security groups of a server', ['security_groups'], {
      security_groups: [SECOND_GROUP],
    }),
    change('server/web/0', 'the metadata of a server', ['metadata.role', 'metadata.tier'], {
      metadata: { role: 'front' },
    }),
    change('server/web/0', 'the name of a server', ['name'], { name: 'conformance-renamed' }),
    change('server/web/0', 'everything of a server at once', ['flavor', 'security_groups', 'metadata.tier', 'name'], {
      flavor: names.flavorLarger,
      security_groups: ['default', SECOND_GROUP],
      metadata: { tier: 'app' },
      name: 'conformance-app-0',
    }),
  ];
}
