/**
 * Networks. https://docs.openstack.org/api-ref/network/v2/#networks
 */

import type { Cloud } from './cloud.ts';
import { leftBehindPorts } from './left-behind.ts';
import type { MarkedDriver } from './neutron.ts';
import { assessStatus, createNeutronDriver, present, textOf } from './neutron.ts';
import type { WireNetwork } from './wire.ts';

/** Wanted: `{name}`. Outputs: `{name, mtu?}`. */
export function createNetworkDriver(cloud: Cloud): MarkedDriver {
  const driver = createNeutronDriver<WireNetwork>(cloud, {
    kind: 'openstack.network',
    noun: 'network',
    plural: 'networks',
    fields: ['id', 'name', 'status', 'mtu', 'admin_state_up'],
    updatable: ['name'],
    uses: { networks: 1 },
    schema: {
      type: 'object',
      required: ['name'],
      properties: { name: { type: 'string', maxLength: 255 } },
      additionalProperties: false,
    },
    toBody: (wanted) => ({ name: textOf(wanted, 'name') }),
    read: ({ name, status, mtu, admin_state_up }) => present({ name, status, mtu, admin_state_up }),
    assess: (_wanted, observed) => assessStatus(observed, present({ name: observed['name'], mtu: observed['mtu'] })),
    estimate: () => ({ createMs: 1000, deleteMs: 1000 }),
  });
  return {
    ...driver,
    leftBehind: (ref, ctx) =>
      leftBehindPorts(cloud, { owner: ref.mark.owner, filter: ['network_id', ref.providerId] }, ctx),
  };
}
