/**
 * Routers. https://docs.openstack.org/api-ref/network/v2/#routers-routers
 * The gateway is part of the router: it comes with the create call and goes with the router.
 */

import type { JsonObject } from '../../domain/json.ts';
import type { CallContext, Driver, Observed } from '../../ports/driver.ts';
import type { Cloud } from './cloud.ts';
import { isRefused } from './errors.ts';
import type { Names } from './names.ts';
import { assessStatus, createNeutronDriver, present, textOf } from './neutron.ts';
import type { WireRouter } from './wire.ts';

/** Wanted: `{name, external_network}`, a name, an id or null. Outputs: `{name, external_ip?}`. */
export function createRouterDriver(cloud: Cloud, names: Names): Driver {
  const driver = createNeutronDriver<WireRouter>(cloud, {
    kind: 'openstack.router',
    noun: 'router',
    plural: 'routers',
    fields: ['id', 'name', 'status', 'external_gateway_info'],
    schema: {
      type: 'object',
      required: ['name', 'external_network'],
      properties: {
        name: { type: 'string', maxLength: 255 },
        external_network: { type: ['string', 'null'], description: 'Name or id of a router:external network.' },
      },
      additionalProperties: false,
    },
    toBody: async (wanted, ctx) => ({ name: textOf(wanted, 'name'), ...(await gatewayBody(wanted, { names, ctx })) }),
    read: readRouter,
    assess: (_wanted, observed) =>
      assessStatus(observed, present({ name: observed['name'], external_ip: observed['external_ip'] })),
    estimate: (wanted) => ({ createMs: wanted['external_network'] === null ? 1500 : 3500, deleteMs: 2000 }),
  });
  return {
    ...driver,
    async create(wanted, mark, ctx) {
      try {
        return await driver.create(wanted, mark, ctx);
      } catch (error) {
        if (isRefused(error, 404)) names.forget(); // the external network was deleted meanwhile
        throw error;
      }
    },
  };
}

async function gatewayBody(
  wanted: JsonObject,
  { names, ctx }: { names: Names; ctx: CallContext },
): Promise<JsonObject> {
  const external = wanted['external_network'];
  if (typeof external !== 'string') return {};
  return { external_gateway_info: { network_id: await names.externalNetwork(external, ctx) } };
}

function readRouter({ name, status, external_gateway_info: gateway }: WireRouter): Observed {
  const [address] = gateway?.external_fixed_ips ?? [];
  return present({ name, status, external_ip: address?.ip_address });
}
