/**
 * Ports. https://docs.openstack.org/api-ref/network/v2/#ports
 * Plans make none today (Nova makes the ports of servers); the kind is needed to remove what the cloud left behind.
 */

import type { JsonObject } from '../../domain/json.ts';
import type { Driver } from '../../ports/driver.ts';
import type { Cloud } from './cloud.ts';
import { createNeutronDriver, listOwnProject, MARK_FIELDS, markOf, createdAtOf, present, textOf } from './neutron.ts';
import { ROUTER_INTERFACE_OWNERS } from './router-interface.ts';
import type { WirePort } from './wire.ts';

/** Wanted: `{name, network_id, subnet_id?, fixed_ip?}`. Outputs: `{name, ip?, device_id?}`. */
export function createPortDriver(cloud: Cloud): Driver {
  const driver = createNeutronDriver<WirePort>(cloud, {
    kind: 'openstack.port',
    noun: 'port',
    plural: 'ports',
    fields: ['id', 'name', 'status', 'fixed_ips', 'device_id'],
    schema: {
      type: 'object',
      required: ['name', 'network_id'],
      properties: {
        name: { type: 'string', maxLength: 255 },
        network_id: { type: 'string' },
        subnet_id: { type: 'string' },
        fixed_ip: { type: 'string' },
      },
      additionalProperties: false,
    },
    toBody: (wanted) => ({
      name: textOf(wanted, 'name'),
      network_id: textOf(wanted, 'network_id'),
      ...fixedIpsBody(wanted),
    }),
    read: ({ name, status, device_id, fixed_ips }) =>
      present({ name, status, device_id, ip: fixed_ips?.[0]?.ip_address }),
    // An unbound port is DOWN for as long as nothing uses it, which is not our matter here.
    assess: (_wanted, observed) => ({ state: 'ready', outputs: observed }),
    estimate: () => ({ createMs: 1500, deleteMs: 1000 }),
  });
  return {
    ...driver,
    async find(owner, ctx) {
      const fields = [...MARK_FIELDS, 'device_owner'];
      const ports = await listOwnProject<WirePort>(cloud, { plural: 'ports', fields }, ctx);
      return ports.flatMap((port) => {
        const mark = markOf(port);
        if (mark?.owner !== owner || ROUTER_INTERFACE_OWNERS.includes(port.device_owner ?? '')) return [];
        return [{ providerId: port.id, mark, kind: 'openstack.port', createdAt: createdAtOf(port) }];
      });
    },
  };
}

function fixedIpsBody({ subnet_id, fixed_ip }: JsonObject): JsonObject {
  if (subnet_id === undefined && fixed_ip === undefined) return {};
  return { fixed_ips: [present({ subnet_id, ip_address: fixed_ip })] };
}
