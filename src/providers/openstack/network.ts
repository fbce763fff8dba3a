/**
 * Networks. https://docs.openstack.org/api-ref/network/v2/#networks
 */

import type { Driver } from '../../ports/driver.ts';
import type { Cloud } from './cloud.ts';
import { leftBehindPorts } from './left-behind.ts';
import { assessStatus, createNeutronDriver, present, textOf } from './neutron.ts';
import type { WireNetwork } from './wire.ts';

/** Wanted: `{name}`. Outputs: `{name, mtu?}`. */
export function createNetworkDriver(cloud: Cloud): Driver {
  const driver = createNeutronDriver<WireNetwork>(cloud, {
    kind: 'openstack.network',
    noun: 'network',
    plural: 'networks',
    fields: ['id', 'name', 'status', 'mtu'],
    schema: {
      type: 'object',
      required: ['name'],
      properties: { name: { type: 'string', maxLength: 255 } },
      additionalProperties: false,
    },
    toBody: (wanted) => ({ name: textOf(wanted, 'name') }),
    read: ({ name, status, mtu }) => present({ name, status, mtu }),
    assess: (_wanted, observed) => assessStatus(observed, present({ name: observed['name'], mtu: observed['mtu'] })),
    estimate: () => ({ createMs: 1000, deleteMs: 1000 }),
  });
  return {
    ...driver,
    leftBehind: (ref, ctx) =>
      leftBehindPorts(cloud, { owner: ref.mark.owner, filter: ['network_id', ref.providerId] }, ctx),
  };
}
