/** Routers and their external gateways. A router with interfaces cannot be deleted; a gateway goes with it. */
import type { Cloud } from './cloud.ts';
import { chooseAddresses } from './neutron-allocation.ts';
import { standard, text, toBoolean, type AttributeMap } from './neutron-attributes.ts';
import { newRow, standardView, textOr, type Resource } from './neutron-collection.ts';
import { badRequest, badResource, refuse } from './neutron-errors.ts';
import { findNetwork } from './neutron-visibility.ts';
import { makePort, removePort, storePort } from './neutron-ports.ts';
import type { NetworkRow, RouterRow } from './rows.ts';
import { isObject, type Call, type JsonObject } from './wire.ts';

const attributes: AttributeMap = {
  ...standard,
  name: { post: 'optional', put: true, check: text(255) },
  admin_state_up: { post: 'optional', put: true, convert: toBoolean },
  status: {},
  external_gateway_info: { post: 'optional', put: true, check: gatewayReason },
  routes: { put: true },
  availability_zone_hints: { post: 'optional' },
  availability_zones: {},
  ha: { post: 'optional', put: true, admin: true },
  distributed: { post: 'optional', put: true, admin: true },
  flavor_id: { post: 'optional' },
};

export function routerResource(cloud: Cloud): Resource<RouterRow> {
  return {
    kind: 'router',
    collection: 'routers',
    table: cloud.state.routers,
    attributes,
    view: (row) => view(cloud, row),
    fields: { status: () => 'ACTIVE' },
    filters: new Set([
      'id',
      'name',
      'admin_state_up',
      'status',
      'tenant_id',
      'project_id',
      'description',
      'revision_number',
      'flavor_id',
    ]),
    create: (call, wanted) => create(cloud, call, wanted),
    update: (call, row, wanted) => {
      row.name = textOr(wanted['name'], row.name);
      if (typeof wanted['admin_state_up'] === 'boolean') row.admin_state_up = wanted['admin_state_up'];
      if (Array.isArray(wanted['routes'])) row.routes = wanted['routes'] as RouterRow['routes'];
      if ('external_gateway_info' in wanted) changeGateway(cloud, call, row, wanted['external_gateway_info']);
    },
    remove: (_, row) => {
      remove(cloud, row);
    },
  };
}

export function interfacesOf(cloud: Cloud, routerId: string) {
  return [...cloud.state.ports.by('device', routerId)].filter(
    (port) => port.device_owner === 'network:router_interface',
  );
}

function create(cloud: Cloud, call: Call, wanted: JsonObject): RouterRow {
  const row: RouterRow = {
    ...newRow(call, wanted),
    name: textOr(wanted['name'], ''),
    admin_state_up: wanted['admin_state_up'] !== false,
    gateway: null,
    routes: [],
  };
  changeGateway(cloud, call, row, wanted['external_gateway_info']);
  row.revision_number = row.gateway === null ? 1 : 3;
  cloud.state.routers.put(row);
  return row;
}

function changeGateway(cloud: Cloud, call: Call, row: RouterRow, wanted: unknown): void {
  const network =
    isObject(wanted) && typeof wanted['network_id'] === 'string'
      ? externalNetwork(cloud, call, wanted['network_id'])
      : undefined;
  if (row.gateway !== null && row.gateway.network_id !== network?.id) dropGateway(cloud, row, row.gateway);
  if (network === undefined || !isObject(wanted)) return;
  const enable_snat = wanted['enable_snat'] !== false;
  if (row.gateway !== null) row.gateway.enable_snat = enable_snat;
  else
    row.gateway = {
      network_id: network.id,
      enable_snat,
      port_id: gatewayPort(cloud, row, network, wanted['external_fixed_ips']),
    };
}

function externalNetwork(cloud: Cloud, call: Call, id: string): NetworkRow {
  const network = findNetwork(cloud, call, id);
  if (!network.external) throw badResource('router', `Network ${id} is not an external network`);
  return network;
}

// The port belongs to nobody, so that only administrators see it.
function gatewayPort(cloud: Cloud, row: RouterRow, network: NetworkRow, fixedIps: unknown): string {
  const port = makePort(network, {
    project_id: '',
    device_id: row.id,
    device_owner: 'network:router_gateway',
    status: 'ACTIVE',
    host: 'oslab',
    port_security_enabled: false,
  });
  refuseSubnetOwnGateway(cloud, network, fixedIps);
  port.fixed_ips = chooseAddresses(
    cloud.state,
    port,
    Array.isArray(fixedIps) && fixedIps.length > 0 ? fixedIps : undefined,
  );
  storePort(cloud, port);
  return port.id;
}

function refuseSubnetOwnGateway(cloud: Cloud, network: NetworkRow, fixedIps: unknown): void {
  if (!Array.isArray(fixedIps)) return;
  const gateways = new Set([...cloud.state.subnets.by('network', network.id)].map((subnet) => subnet.gateway_ip));
  for (const ip of fixedIps) {
    const address = isObject(ip) ? ip['ip_address'] : undefined;
    if (typeof address === 'string' && gateways.has(address))
      throw badResource('router', `External IP ${address} is the same as the gateway IP`);
  }
}

function dropGateway(cloud: Cloud, row: RouterRow, gateway: NonNullable<RouterRow['gateway']>): void {
  for (const address of cloud.state.floatingIps.values()) {
    if (address.router_id !== row.id) continue;
    throw refuse(
      409,
      'RouterExternalGatewayInUseByFloatingIp',
      `Gateway cannot be updated for router ${row.id}, since a gateway to external network ${gateway.network_id} is required by one or more floating IPs.`,
    );
  }
  const port = cloud.state.ports.get(gateway.port_id);
  if (port !== undefined) removePort(cloud, port);
  row.gateway = null;
}

function remove(cloud: Cloud, row: RouterRow): void {
  const ports = interfacesOf(cloud, row.id).map((port) => port.id);
  if (ports.length > 0)
    throw refuse(409, 'RouterInUse', `Router ${row.id} has ports still attached: ${ports.join(', ')}`);
  if (row.gateway !== null) dropGateway(cloud, row, row.gateway);
  cloud.state.routers.remove(row.id);
}

function gatewayReason(value: unknown): string | undefined {
  if (value === null) return undefined;
  if (!isObject(value)) return `'${String(value)}' is not a dictionary`;
  const unexpected = Object.keys(value).filter(
    (key) => !['network_id', 'enable_snat', 'external_fixed_ips', 'qos_policy_id'].includes(key),
  );
  if (unexpected.length > 0) return `Unexpected keys supplied: ${unexpected.join(', ')}`;
  if (Object.keys(value).length > 0 && value['network_id'] === undefined)
    throw badRequest(
      "Invalid input for external_gateway_info. Reason: Validation of dictionary's keys failed. Expected keys: {'network_id'} Provided keys: {}.",
    );
  return undefined;
}

function view(cloud: Cloud, row: RouterRow): JsonObject {
  const { gateway } = row;
  return {
    id: row.id,
    name: row.name,
    admin_state_up: row.admin_state_up,
    status: 'ACTIVE',
    external_gateway_info: gateway && {
      network_id: gateway.network_id,
      external_fixed_ips: cloud.state.ports.get(gateway.port_id)?.fixed_ips ?? [],
      enable_snat: gateway.enable_snat,
    },
    availability_zone_hints: [],
    availability_zones: [],
    routes: row.routes,
    flavor_id: null,
    ...standardView(row),
  };
}
