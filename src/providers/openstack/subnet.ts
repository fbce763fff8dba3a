/**
 * Subnets. https://docs.openstack.org/api-ref/network/v2/#subnets
 * Neutron cuts host bits off a CIDR without a word, so plans must hold the network's own address.
 */

import type { Driver } from '../../ports/driver.ts';
import type { Cloud } from './cloud.ts';
import { leftBehindPorts } from './left-behind.ts';
import { createNeutronDriver, present, textOf } from './neutron.ts';
import type { WireSubnet } from './wire.ts';

/** Wanted: `{name, network_id, cidr, dns_nameservers}`. Outputs: `{name, cidr, network_id, gateway_ip?}`. */
export function createSubnetDriver(cloud: Cloud): Driver {
  const driver = createNeutronDriver<WireSubnet>(cloud, {
    kind: 'openstack.subnet',
    noun: 'subnet',
    plural: 'subnets',
    fields: ['id', 'name', 'network_id', 'cidr', 'gateway_ip'],
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
    read: ({ name, network_id, cidr, gateway_ip }) => present({ name, network_id, cidr, gateway_ip }),
    // A subnet has no state of its own: it is there or not.
    assess: (_wanted, observed) => ({ state: 'ready', outputs: observed }),
    estimate: () => ({ createMs: 1500, deleteMs: 1500 }),
  });
  return {
    ...driver,
    leftBehind: (ref, ctx) =>
      leftBehindPorts(cloud, { owner: ref.mark.owner, filter: ['fixed_ips', `subnet_id=${ref.providerId}`] }, ctx),
  };
}
