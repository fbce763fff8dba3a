/**
 * Subnets. https://docs.openstack.org/api-ref/network/v2/#subnets
 * Neutron cuts host bits off a CIDR without a word, so plans must hold the network's own address.
 */

import type { Difference } from '../../domain/difference.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Observed } from '../../ports/driver.ts';
import type { Cloud } from './cloud.ts';
import { leftBehindPorts } from './left-behind.ts';
import type { MarkedDriver } from './neutron.ts';
import { createNeutronDriver, present, textOf } from './neutron.ts';
import { differ } from './neutron-comparing.ts';
import type { WireSubnet } from './wire.ts';

/** Wanted: `{name, network_id, cidr, dns_nameservers}`. Outputs: `{name, cidr, network_id, gateway_ip?}`. */
export function createSubnetDriver(cloud: Cloud): MarkedDriver {
  const driver = createNeutronDriver<WireSubnet>(cloud, {
    kind: 'openstack.subnet',
    noun: 'subnet',
    plural: 'subnets',
    fields: ['id', 'name', 'network_id', 'cidr', 'gateway_ip', 'dns_nameservers', 'enable_dhcp'],
    updatable: ['name', 'dns_nameservers'],
    uses: { subnets: 1 },
    schema: {
      type: 'object',
      required: ['name', 'network_id', 'cidr', 'dns_nameservers'],
      properties: {
        name: { type: 'string', maxLength: 255 },
        network_id: { type: 'string' },
        cidr: { type: 'string' },
        dns_nameservers: { type: 'array', items: { type: 'string' } },
      },
      additionalProperties: false,
    },
    toBody: (wanted) => ({
      name: textOf(wanted, 'name'),
      network_id: textOf(wanted, 'network_id'),
      cidr: textOf(wanted, 'cidr'),
      dns_nameservers: wanted['dns_nameservers'] ?? [],
      ip_version: 4,
      enable_dhcp: true,
    }),
    read: ({ name, network_id, cidr, gateway_ip, dns_nameservers, enable_dhcp }) =>
      present({ name, network_id, cidr, gateway_ip, dns_nameservers: dns_nameservers?.slice(), enable_dhcp }),
    // A subnet has no state of its own: it is there or not.
    assess: (_wanted, { name, network_id, cidr, gateway_ip }) => ({
      state: 'ready',
      outputs: present({ name, network_id, cidr, gateway_ip }),
    }),
    compare: compareSubnet,
    estimate: () => ({ createMs: 1500, deleteMs: 1500 }),
  });
  return {
    ...driver,
    leftBehind: (ref, ctx) =>
      leftBehindPorts(cloud, { owner: ref.mark.owner, filter: ['fixed_ips', `subnet_id=${ref.providerId}`] }, ctx),
  };
}

/** The first of its addresses is the gateway unless somebody changed that, so it is compared with what it was. */
export function compareSubnet(wanted: JsonObject, observed: Observed, outputs: JsonObject): Difference[] {
  const cidr = networkAddress(textOf(wanted, 'cidr'));
  return [
    ...(networkAddress(String(observed['cidr'])) === cidr ? [] : differ('cidr', cidr, observed['cidr'], 'replace')),
    ...differ('network_id', wanted['network_id'], observed['network_id'], 'replace'),
    ...differ('dns_nameservers', wanted['dns_nameservers'] ?? [], observed['dns_nameservers'] ?? []),
    ...(outputs['gateway_ip'] === undefined ? [] : differ('gateway_ip', outputs['gateway_ip'], observed['gateway_ip'])),
    ...(observed['enable_dhcp'] === false ? differ('enable_dhcp', true, false) : []),
  ];
}

/** `10.0.1.7/24` as Neutron keeps it: `10.0.1.0/24`. */
function networkAddress(cidr: string): string {
  const [address = '', length = '32'] = cidr.split('/');
  const bits = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(length));
  const first = Math.floor(bits / size) * size;
  return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')}/${length}`;
}
