/** Ports: made by users, by Nova for its servers, by routers and by DHCP. */
import type { Cloud } from './cloud.ts';
import { macAddress, uuid } from './identifiers.ts';
import { chooseAddresses, freeAddresses, takeAddresses } from './neutron-allocation.ts';
import {
  addressReason,
  listOf,
  standard,
  text,
  toBoolean,
  uuidReason,
  type AttributeMap,
} from './neutron-attributes.ts';
import { neutronTime, newRow, standardView, storeChange, textOr, type Resource } from './neutron-collection.ts';
import { forbidden, notFound, refuse } from './neutron-errors.ts';
import { findNetwork } from './neutron-visibility.ts';
import { showAddresses } from './nova-addresses.ts';
import { defaultGroup } from './neutron-default-group.ts';
import type { FixedIp, NetworkRow, PortRow } from './rows.ts';
import { isObject, tokenOf, type Call, type JsonObject } from './wire.ts';

const attributes: AttributeMap = {
  ...standard,
  name: { post: 'optional', put: true, check: text(255) },
  network_id: { post: 'required', check: uuidReason },
  admin_state_up: { post: 'optional', put: true, convert: toBoolean },
  mac_address: { post: 'optional', put: true, check: macReason },
  fixed_ips: { post: 'optional', put: true, check: listOf('fixed IP', fixedIpReason) },
  device_id: { post: 'optional', put: true, check: text(255) },
  device_owner: { post: 'optional', put: true, check: text(255) },
  status: {},
  security_groups: { post: 'optional', put: true },
  port_security_enabled: { post: 'optional', put: true, convert: toBoolean },
  allowed_address_pairs: { post: 'optional', put: true },
  extra_dhcp_opts: { post: 'optional', put: true },
  'binding:vnic_type': { post: 'optional', put: true },
  'binding:host_id': { post: 'optional', put: true, admin: true },
  'binding:profile': { post: 'optional', put: true, admin: true },
  'binding:vif_type': {},
  'binding:vif_details': {},
};

export function portResource(cloud: Cloud): Resource<PortRow> {
  return {
    kind: 'port',
    collection: 'ports',
    table: cloud.state.ports,
    attributes,
    view,
    fields: { fixed_ips: (row) => row.fixed_ips, 'binding:host_id': (row) => row.host },
    filters: new Set([
      ...[
        'id',
        'name',
        'network_id',
        'admin_state_up',
        'mac_address',
        'fixed_ips',
        'device_id',
        'device_owner',
        'tenant_id',
      ],
      ...[
        'project_id',
        'status',
        'security_groups',
        'description',
        'binding:host_id',
        'revision_number',
        'port_security_enabled',
      ],
    ]),
    create: (call, wanted) => create(cloud, call, wanted),
    update: (call, row, wanted) => {
      update(cloud, call, row, wanted);
    },
    remove: (_, row) => {
      refuseServicePort(row);
      removePort(cloud, row);
    },
  };
}

/** A port with all defaults, without addresses and not yet stored. */
export function makePort(network: NetworkRow, wanted: Partial<PortRow>): PortRow {
  const now = neutronTime();
  return {
    id: uuid(),
    project_id: network.project_id,
    description: '',
    tags: [],
    created_at: now,
    updated_at: now,
    revision_number: 1,
    name: '',
    network_id: network.id,
    mac_address: macAddress(),
    admin_state_up: true,
    status: 'DOWN',
    device_id: '',
    device_owner: '',
    fixed_ips: [],
    security_groups: [],
    port_security_enabled: network.port_security_enabled,
    allowed_address_pairs: [],
    vnic_type: 'normal',
    host: '',
    profile: {},
    ...wanted,
  };
}

export function storePort(cloud: Cloud, port: PortRow): void {
  takeAddresses(cloud.state, port);
  cloud.state.ports.put(port);
}

export function removePort(cloud: Cloud, port: PortRow): void {
  freeAddresses(cloud.state, port);
  cloud.state.ports.remove(port.id);
  announceToServer(cloud, port);
  for (const address of [...cloud.state.floatingIps.by('port', port.id)]) {
    Object.assign(address, { port_id: null, fixed_ip_address: null, router_id: null, status: 'DOWN' });
    storeChange(cloud.state.floatingIps, address);
  }
}

// Nova shows the addresses and security groups of a server's ports: its view has to be made anew.
function announceToServer(cloud: Cloud, port: PortRow): void {
  const server = cloud.state.servers.get(port.device_id);
  if (server === undefined) return;
  if (server.launched_at !== null) showAddresses(cloud, server);
  cloud.state.servers.put(server);
}

/** Gives up a port's addresses of one subnet. */
export function removeAddresses(cloud: Cloud, port: PortRow, subnetId: string): void {
  freeAddresses(cloud.state, port);
  port.fixed_ips = port.fixed_ips.filter((ip) => ip.subnet_id !== subnetId);
  takeAddresses(cloud.state, port);
  storeChange(cloud.state.ports, port);
}

/** Binds a port to a device, as Nova and the router do; status follows the binding. */
export function bindPort(cloud: Cloud, port: PortRow, device: { id: string; owner: string; host: string }): void {
  port.device_id = device.id;
  port.device_owner = device.owner;
  port.host = device.host;
  port.status = device.host === '' ? 'DOWN' : 'ACTIVE';
  storeChange(cloud.state.ports, port);
}

function create(cloud: Cloud, call: Call, wanted: JsonObject): PortRow {
  const network = networkOf(cloud, call, String(wanted['network_id']));
  const standardAttributes = newRow(call, wanted);
  const port = makePort(network, { ...standardAttributes, revision_number: 1 });
  change(port, wanted);
  port.security_groups = groupsFor(cloud, port, wanted['security_groups']);
  refuseTakenMac(cloud, port);
  port.fixed_ips = chooseAddresses(cloud.state, port, wanted['fixed_ips']);
  if (port.host !== '') port.status = 'ACTIVE';
  storePort(cloud, port);
  return port;
}

function networkOf(cloud: Cloud, call: Call, id: string): NetworkRow {
  const network = findNetwork(cloud, call, id);
  const token = tokenOf(call);
  if (!token.admin && network.project_id !== token.project_id && !network.shared) throw forbidden('create_port');
  return network;
}

function update(cloud: Cloud, call: Call, port: PortRow, wanted: JsonObject): void {
  const addresses =
    'fixed_ips' in wanted ? chooseAddresses(cloud.state, port, wanted['fixed_ips'], port.fixed_ips) : undefined;
  if ('security_groups' in wanted) port.security_groups = groupsFor(cloud, port, wanted['security_groups']);
  change(port, wanted);
  if (tokenOf(call).admin && 'binding:host_id' in wanted) port.status = port.host === '' ? 'DOWN' : 'ACTIVE';
  if (addresses !== undefined) moveTo(cloud, port, addresses);
  announceToServer(cloud, port);
}

function moveTo(cloud: Cloud, port: PortRow, addresses: FixedIp[]): void {
  freeAddresses(cloud.state, port);
  port.fixed_ips = addresses;
  takeAddresses(cloud.state, port);
}

function change(port: PortRow, wanted: JsonObject): void {
  port.name = textOr(wanted['name'], port.name);
  port.device_id = textOr(wanted['device_id'], port.device_id);
  port.device_owner = textOr(wanted['device_owner'], port.device_owner);
  port.mac_address = textOr(wanted['mac_address'], port.mac_address).toLowerCase();
  port.vnic_type = textOr(wanted['binding:vnic_type'], port.vnic_type);
  port.host = textOr(wanted['binding:host_id'], port.host);
  if (isObject(wanted['binding:profile'])) port.profile = wanted['binding:profile'];
  if (typeof wanted['admin_state_up'] === 'boolean') port.admin_state_up = wanted['admin_state_up'];
  if (typeof wanted['port_security_enabled'] === 'boolean')
    port.port_security_enabled = wanted['port_security_enabled'];
  if (Array.isArray(wanted['allowed_address_pairs']))
    port.allowed_address_pairs = wanted['allowed_address_pairs'] as PortRow['allowed_address_pairs'];
}

function groupsFor(cloud: Cloud, port: PortRow, wanted: unknown): string[] {
  if (!port.port_security_enabled || port.device_owner.startsWith('network:')) return [];
  if (!Array.isArray(wanted)) return [defaultGroup(cloud, port.project_id).id];
  for (const id of wanted)
    if (cloud.state.securityGroups.get(String(id)) === undefined) throw notFound.security_group(String(id));
  return wanted.map(String);
}

function refuseTakenMac(cloud: Cloud, port: PortRow): void {
  for (const other of cloud.state.ports.by('network', port.network_id)) {
    if (other.mac_address === port.mac_address) {
      throw refuse(
        409,
        'MacAddressInUse',
        `Unable to complete operation for network ${port.network_id}. The mac address ${port.mac_address} is in use.`,
      );
    }
  }
}

function refuseServicePort(port: PortRow): void {
  if (!['network:router_interface', 'network:router_gateway', 'network:floatingip'].includes(port.device_owner)) return;
  throw refuse(
    409,
    'ServicePortInUse',
    `Port ${port.id} cannot be deleted directly via the port API: has device owner ${port.device_owner}.`,
  );
}

function macReason(value: unknown): string | undefined {
  return typeof value === 'string' && /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value)
    ? undefined
    : `'${String(value)}' is not a valid MAC address`;
}

function fixedIpReason(item: unknown): string | undefined {
  if (!isObject(item)) return `Invalid data format for fixed IP: '${String(item)}'`;
  return 'ip_address' in item ? addressReason(item['ip_address']) : undefined;
}

function view(row: PortRow, admin: boolean): JsonObject {
  const bound = row.host !== '';
  return {
    id: row.id,
    name: row.name,
    network_id: row.network_id,
    mac_address: row.mac_address,
    admin_state_up: row.admin_state_up,
    status: row.status,
    device_id: row.device_id,
    device_owner: row.device_owner,
    fixed_ips: row.fixed_ips,
    allowed_address_pairs: row.allowed_address_pairs,
    extra_dhcp_opts: [],
    security_groups: row.security_groups,
    'binding:vnic_type': row.vnic_type,
    port_security_enabled: row.port_security_enabled,
    ...standardView(row),
    ...(admin && {
      'binding:profile': row.profile,
      'binding:host_id': row.host,
      'binding:vif_type': bound ? 'ovs' : 'unbound',
      'binding:vif_details': bound ? { port_filter: true, connectivity: 'l2' } : {},
    }),
  };
}
