/**
 * Routers. https://docs.openstack.org/api-ref/network/v2/#routers-routers
 * The gateway is part of the router: it comes with the create call and goes with the router.
 */

import type { Difference } from '../../domain/difference.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { CallContext, Observed, Outlook } from '../../ports/driver.ts';
import type { Cloud } from './cloud.ts';
import { ask, checkOf } from './asking.ts';
import { isRefused } from './errors.ts';
import type { Names } from './names.ts';
import type { MarkedDriver } from './neutron.ts';
import { assessStatus, createNeutronDriver, present, textOf } from './neutron.ts';
import { differ } from './neutron-comparing.ts';
import type { WireRouter } from './wire.ts';

/** Wanted: `{name, external_network}`, a name, an id or null. Outputs: `{name, external_ip?}`. */
export function createRouterDriver(cloud: Cloud, names: Names): MarkedDriver {
  const driver = createNeutronDriver<WireRouter>(cloud, {
    kind: 'openstack.router',
    noun: 'router',
    plural: 'routers',
    fields: ['id', 'name', 'status', 'external_gateway_info', 'admin_state_up'],
    updatable: ['name', 'external_network'],
    uses: { routers: 1 },
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
    compare: compareRouter,
    toChange: async ({ field, wanted }, ctx) => {
      if (field !== 'external_network') return undefined;
      const body = await gatewayBody({ external_network: wanted }, { names, ctx });
      return { external_gateway_info: null, ...body };
    },
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
    async observe(refs, ctx) {
      const seen = await driver.observe(refs, ctx);
      if (![...seen.values()].some(({ gateway_id }) => gateway_id !== undefined)) return seen;
      const networks = new Map((await names.externalNetworks(ctx)).map(({ id, name }) => [id, name]));
      return new Map(
        [...seen].map(([id, observed]) => {
          const external_network = networks.get(String(observed['gateway_id']));
          return [id, present({ ...observed, external_network })];
        }),
      );
    },
    feasibility: (wanted, ctx) => Promise.all(wanted.map((each) => judgeRouter(each, { names, ctx }))),
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

function readRouter({ name, status, admin_state_up, external_gateway_info: gateway }: WireRouter): Observed {
  const [address] = gateway?.external_fixed_ips ?? [];
  return present({
    name,
    status,
    admin_state_up,
    external_ip: address?.ip_address,
    gateway_id: gateway?.network_id,
  });
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** The gateway is wanted by name or by id; a network whose name nobody tells us any more is taken for the wanted one. */
export function compareRouter(wanted: JsonObject, observed: Observed): Difference[] {
  const { gateway_id, external_network: name } = observed;
  const external = wanted['external_network'] ?? null;
  if (gateway_id === undefined) return differ('external_network', external, null);
  const isUntold = name === undefined && external !== null && !UUID.test(String(external));
  if (isUntold || external === gateway_id || external === name) return [];
  return differ('external_network', external, name ?? gateway_id);
}

async function judgeRouter(
  { external_network: external }: JsonObject,
  { names, ctx }: { names: Names; ctx: CallContext },
): Promise<Outlook> {
  const uses = { routers: 1 };
  if (typeof external !== 'string') return { checks: [], uses };
  const told = await ask(() => names.externalNetwork(external, ctx));
  return { checks: [checkOf('external_network', told, () => `network ${external} is external`)], uses };
}
