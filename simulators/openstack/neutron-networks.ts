/** Networks. A network is in use while a port other than DHCP's is on it; its subnets go with it. */
import type { Cloud } from './cloud.ts';
import { oneOf, standard, text, toBoolean, toInteger, type AttributeMap } from './neutron-attributes.ts';
import { newRow, standardView, textOr, type Resource } from './neutron-collection.ts';
import { refuse } from './neutron-errors.ts';
import { isForAll } from './neutron-visibility.ts';
import { removePort } from './neutron-ports.ts';
import type { NetworkRow } from './rows.ts';
import type { Call, JsonObject } from './wire.ts';

const attributes: AttributeMap = {
  ...standard,
  name: { post: 'optional', put: true, check: text(255) },
  subnets: {},
  admin_state_up: { post: 'optional', put: true, convert: toBoolean },
  status: {},
  shared: { post: 'optional', put: true, admin: true, convert: toBoolean },
  'router:external': { post: 'optional', put: true, admin: true, convert: toBoolean },
  is_default: { post: 'optional', put: true, admin: true, convert: toBoolean },
  'provider:network_type': { post: 'optional', admin: true, check: oneOf(['local', 'flat', 'vlan', 'vxlan']) },
  'provider:physical_network': { post: 'optional', admin: true },
  'provider:segmentation_id': { post: 'optional', admin: true, convert: toInteger },
  port_security_enabled: { post: 'optional', put: true, convert: toBoolean },
  mtu: { post: 'optional', put: true, convert: toInteger },
  availability_zone_hints: { post: 'optional' },
  availability_zones: {},
  ipv4_address_scope: {},
  ipv6_address_scope: {},
};

export function networkResource(cloud: Cloud): Resource<NetworkRow> {
  return {
    kind: 'network',
    collection: 'networks',
    table: cloud.state.networks,
    attributes,
    view: (row, admin) => view(cloud, row, admin),
    fields: {
      'router:external': (row) => row.external,
      status: () => 'ACTIVE',
      'provider:network_type': (row) => row.network_type,
    },
    filters: new Set([
      ...[
        'id',
        'name',
        'admin_state_up',
        'status',
        'tenant_id',
        'project_id',
        'shared',
        'router:external',
        'mtu',
        'description',
      ],
      ...['provider:network_type', 'revision_number', 'port_security_enabled'],
    ]),
    shared: isForAll,
    onlyInPost: { is_default: false },
    create: (call, wanted) => create(cloud, call, wanted),
    update: (_, row, wanted) => {
      change(row, wanted);
    },
    remove: (_, row) => {
      remove(cloud, row);
    },
  };
}

function create(cloud: Cloud, call: Call, wanted: JsonObject): NetworkRow {
  const type = textOr(wanted['provider:network_type'], 'vxlan');
  const row: NetworkRow = {
    ...newRow(call, wanted),
    revision_number: 1,
    name: '',
    admin_state_up: true,
    shared: false,
    external: false,
    mtu: type === 'vxlan' ? 1450 : 1500,
    port_security_enabled: true,
    network_type: type,
    physical_network: textOr(wanted['provider:physical_network'], '') || null,
    segmentation_id: type === 'vxlan' ? 1 + (cloud.state.networks.size % 2000) : null,
    availability_zone_hints: [],
  };
  change(row, wanted);
  cloud.state.networks.put(row);
  return row;
}

function change(row: NetworkRow, wanted: JsonObject): void {
  row.name = textOr(wanted['name'], row.name);
  if (typeof wanted['admin_state_up'] === 'boolean') row.admin_state_up = wanted['admin_state_up'];
  if (typeof wanted['shared'] === 'boolean') row.shared = wanted['shared'];
  if (typeof wanted['router:external'] === 'boolean') row.external = wanted['router:external'];
  if (typeof wanted['port_security_enabled'] === 'boolean') row.port_security_enabled = wanted['port_security_enabled'];
  if (typeof wanted['mtu'] === 'number') row.mtu = wanted['mtu'];
}

function remove(cloud: Cloud, row: NetworkRow): void {
  const ports = [...cloud.state.ports.by('network', row.id)];
  if (ports.some((port) => port.device_owner !== 'network:dhcp')) {
    const ids = ports.map((port) => port.id).join(',');
    const reason = `There are one or more ports still in use on the network, id for these ports is: ${ids}`;
    throw refuse(409, 'NetworkInUse', `Unable to complete operation on network ${row.id}. ${reason}.`);
  }
  for (const port of ports) removePort(cloud, port);
  for (const subnet of [...cloud.state.subnets.by('network', row.id)]) cloud.state.subnets.remove(subnet.id);
  cloud.state.networks.remove(row.id);
}

function view(cloud: Cloud, row: NetworkRow, admin: boolean): JsonObject {
  return {
    id: row.id,
    name: row.name,
    admin_state_up: row.admin_state_up,
    mtu: row.mtu,
    status: 'ACTIVE',
    subnets: [...cloud.state.subnets.by('network', row.id)].map((subnet) => subnet.id),
    shared: row.shared,
    availability_zone_hints: row.availability_zone_hints,
    availability_zones: [],
    ipv4_address_scope: null,
    ipv6_address_scope: null,
    'router:external': row.external,
    ...(row.external && { is_default: false }),
    port_security_enabled: row.port_security_enabled,
    ...standardView(row),
    ...(admin && {
      'provider:network_type': row.network_type,
      'provider:physical_network': row.physical_network,
      'provider:segmentation_id': row.segmentation_id,
    }),
  };
}
