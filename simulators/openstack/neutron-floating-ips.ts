/** Floating IPs: an address of an external network, translated to a fixed address behind a router. */
import type { Cloud } from './cloud.ts';
import { chooseAddresses } from './neutron-allocation.ts';
import { standard, text, uuidReason, type AttributeMap } from './neutron-attributes.ts';
import { newRow, standardView, type Resource } from './neutron-collection.ts';
import { badResource, notFound, refuse } from './neutron-errors.ts';
import { findNetwork } from './neutron-visibility.ts';
import { makePort, removePort, storePort } from './neutron-ports.ts';
import { interfacesOf } from './neutron-routers.ts';
import type { FixedIp, FloatingIpRow, PortRow, RouterRow } from './rows.ts';
import type { Call, JsonObject } from './wire.ts';

const attributes: AttributeMap = {
  ...standard,
  floating_network_id: { post: 'required', check: uuidReason },
  floating_ip_address: { post: 'optional' },
  subnet_id: { post: 'optional' },
  port_id: { post: 'optional', put: true },
  fixed_ip_address: { post: 'optional', put: true },
  router_id: {},
  status: {},
  dns_name: { post: 'optional', check: text(255) },
  dns_domain: { post: 'optional', check: text(255) },
};

export function floatingIpResource(cloud: Cloud): Resource<FloatingIpRow> {
  return {
    kind: 'floatingip',
    collection: 'floatingips',
    table: cloud.state.floatingIps,
    attributes,
    view: (row) => view(cloud, row),
    fields: {},
    filters: new Set([
      ...[
        'id',
        'floating_ip_address',
        'floating_network_id',
        'router_id',
        'port_id',
        'fixed_ip_address',
        'tenant_id',
        'project_id',
      ],
      ...['status', 'description', 'revision_number'],
    ]),
    create: (call, wanted) => create(cloud, call, wanted),
    update: (_, row, wanted) => {
      if ('port_id' in wanted) associate(cloud, row, wanted);
    },
    remove: (_, row) => {
      const port = cloud.state.ports.get(row.own_port_id);
      if (port !== undefined) removePort(cloud, port);
      cloud.state.floatingIps.remove(row.id);
    },
  };
}

function create(cloud: Cloud, call: Call, wanted: JsonObject): FloatingIpRow {
  const network = findNetwork(cloud, call, String(wanted['floating_network_id']));
  if (!network.external) throw badResource('floatingip', `Network ${network.id} is not a valid external network`);
  const row: FloatingIpRow = {
    ...newRow(call, wanted),
    floating_ip_address: '',
    floating_network_id: network.id,
    own_port_id: '',
    port_id: null,
    fixed_ip_address: null,
    router_id: null,
    status: 'DOWN',
  };
  const port = makePort(network, {
    project_id: '',
    device_id: row.id,
    device_owner: 'network:floatingip',
    status: 'N/A',
    port_security_enabled: false,
  });
  const address = wanted['floating_ip_address'];
  port.fixed_ips = chooseAddresses(
    cloud.state,
    port,
    typeof address === 'string' ? [{ ip_address: address }] : undefined,
  );
  row.own_port_id = port.id;
  row.floating_ip_address = port.fixed_ips[0]?.ip_address ?? '';
  if (typeof wanted['port_id'] === 'string') associate(cloud, row, wanted);
  storePort(cloud, port);
  cloud.state.floatingIps.put(row);
  return row;
}

function associate(cloud: Cloud, row: FloatingIpRow, wanted: JsonObject): void {
  if (typeof wanted['port_id'] !== 'string') {
    Object.assign(row, { port_id: null, fixed_ip_address: null, router_id: null, status: 'DOWN' });
    return;
  }
  const port = cloud.state.ports.get(wanted['port_id']);
  if (port === undefined) throw notFound.port(wanted['port_id']);
  const fixed = fixedIpOf(port, wanted['fixed_ip_address']);
  const router = routerTo(cloud, row, port, fixed);
  refuseTaken(cloud, row, port, fixed);
  Object.assign(row, { port_id: port.id, fixed_ip_address: fixed.ip_address, router_id: router.id, status: 'ACTIVE' });
}

function fixedIpOf(port: PortRow, address: unknown): FixedIp {
  const found =
    typeof address === 'string' ? port.fixed_ips.find((ip) => ip.ip_address === address) : port.fixed_ips[0];
  if (found !== undefined) return found;
  throw badResource('floatingip', `Cannot add floating IP to port ${port.id} that has no fixed IPv4 addresses`);
}

function routerTo(cloud: Cloud, row: FloatingIpRow, port: PortRow, fixed: FixedIp): RouterRow {
  for (const router of cloud.state.routers.values()) {
    if (router.gateway?.network_id !== row.floating_network_id) continue;
    if (interfacesOf(cloud, router.id).some((one) => one.fixed_ips.some((ip) => ip.subnet_id === fixed.subnet_id)))
      return router;
  }
  throw refuse(
    404,
    'ExternalGatewayForFloatingIPNotFound',
    `External network ${row.floating_network_id} is not reachable from subnet ${fixed.subnet_id}.  Therefore, cannot associate Port ${port.id} with a Floating IP.`,
  );
}

function refuseTaken(cloud: Cloud, row: FloatingIpRow, port: PortRow, fixed: FixedIp): void {
  for (const other of cloud.state.floatingIps.by('port', port.id)) {
    if (other.id === row.id || other.fixed_ip_address !== fixed.ip_address) continue;
    throw refuse(
      409,
      'FloatingIPPortAlreadyAssociated',
      `Cannot associate floating IP ${row.floating_ip_address} (${row.id}) with port ${port.id} using fixed IP ${fixed.ip_address}, as that fixed IP already has a floating IP on external network ${row.floating_network_id}.`,
    );
  }
}

function view(cloud: Cloud, row: FloatingIpRow): JsonObject {
  const port = row.port_id === null ? undefined : cloud.state.ports.get(row.port_id);
  return {
    id: row.id,
    floating_ip_address: row.floating_ip_address,
    floating_network_id: row.floating_network_id,
    router_id: row.router_id,
    port_id: row.port_id,
    fixed_ip_address: row.fixed_ip_address,
    status: row.status,
    port_details: port === undefined ? null : portDetails(port),
    ...standardView(row),
  };
}

function portDetails(port: PortRow): JsonObject {
  const { name, network_id, mac_address, admin_state_up, status, device_id, device_owner } = port;
  return { name, network_id, mac_address, admin_state_up, status, device_id, device_owner };
}
