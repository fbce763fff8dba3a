/**
 * Ports. https://docs.openstack.org/api-ref/network/v2/#ports
 * Plans make none today (Nova makes the ports of servers); the kind is needed to remove what the cloud left behind.
 */

import type { Difference } from '../../domain/difference.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Observed } from '../../ports/driver.ts';
import type { Cloud } from './cloud.ts';
import type { MarkedDriver } from './neutron.ts';
import { createNeutronDriver, listOwnProject, MARK_FIELDS, ofOwner, present, textOf, toFound } from './neutron.ts';
import { differ } from './neutron-comparing.ts';
import { JointListing } from './joint-listing.ts';
import { ROUTER_INTERFACE_OWNERS } from './router-interface.ts';
import type { WirePort } from './wire.ts';

/** Wanted: `{name, network_id, subnet_id?, fixed_ip?}`. Outputs: `{name, ip?, device_id?}`. */
export function createPortDriver(cloud: Cloud): MarkedDriver {
  const driver = createNeutronDriver<WirePort>(cloud, {
    kind: 'openstack.port',
    noun: 'port',
    plural: 'ports',
    fields: ['id', 'name', 'status', 'fixed_ips', 'device_id', 'admin_state_up'],
    updatable: ['name', 'fixed_ip'],
    uses: { ports: 1 },
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
    read: ({ name, status, device_id, fixed_ips, admin_state_up }) =>
      present({ name, status, device_id, ip: fixed_ips?.[0]?.ip_address, admin_state_up }),
    // An unbound port is DOWN for as long as nothing uses it, which is not our matter here.
    assess: (_wanted, { name, status, device_id, ip }) => ({
      state: 'ready',
      outputs: present({ name, status, device_id, ip }),
    }),
    compare: comparePort,
    toChange: ({ field, wanted }) => (field === 'fixed_ip' ? { fixed_ips: [{ ip_address: wanted }] } : undefined),
    estimate: () => ({ createMs: 1500, deleteMs: 1000 }),
  });
  const findAll: MarkedDriver['findAll'] = async (ctx) => {
    const fields = [...MARK_FIELDS, 'device_owner'];
    const ports = await listOwnProject<WirePort>(cloud, { plural: 'ports', fields }, ctx);
    const own = ports.filter(({ device_owner = '' }) => !ROUTER_INTERFACE_OWNERS.includes(device_owner));
    return own.flatMap((port) => toFound(port, driver.kind));
  };
  const marked = new JointListing(findAll);
  return { ...driver, find: async (owner, { signal }) => ofOwner(await marked.next(signal), owner), findAll };
}

/** Where no address was asked for, the one that it got is compared with what it was. */
function comparePort(wanted: JsonObject, observed: Observed, outputs: JsonObject): Difference[] {
  const fixed = wanted['fixed_ip'] ?? outputs['ip'];
  return fixed === undefined ? [] : differ('fixed_ip', fixed, observed['ip']);
}

function fixedIpsBody({ subnet_id, fixed_ip }: JsonObject): JsonObject {
  if (subnet_id === undefined && fixed_ip === undefined) return {};
  return { fixed_ips: [present({ subnet_id, ip_address: fixed_ip })] };
}
