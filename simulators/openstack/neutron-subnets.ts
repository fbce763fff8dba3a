/** Subnets: blocks of addresses on a network, cut into allocation pools around the gateway. */
import {
  canonical,
  contains,
  formatAddress,
  formatCidr,
  overlap,
  parseAddress,
  parseCidr,
  type Cidr,
} from './addresses.ts';
import type { Cloud } from './cloud.ts';
import {
  addressReason,
  listOf,
  objectReason,
  oneOf,
  standard,
  text,
  toBoolean,
  toCidrText,
  toInteger,
  uuidReason,
  type AttributeMap,
} from './neutron-attributes.ts';
import { newRow, standardView, textOr, type Resource } from './neutron-collection.ts';
import { badResource, forbidden, invalidInput, refuse } from './neutron-errors.ts';
import { announceDhcp } from './neutron-dhcp.ts';
import { removePort, removeAddresses } from './neutron-ports.ts';
import { findNetwork } from './neutron-visibility.ts';
import type { NetworkRow, SubnetRow } from './rows.ts';
import { tokenOf, type Call, type JsonObject } from './wire.ts';

const addressOrNone = (value: unknown): string | undefined => (value === null ? undefined : addressReason(value));

const attributes: AttributeMap = {
  ...standard,
  name: { post: 'optional', put: true, check: text(255) },
  ip_version: { post: 'required', convert: toInteger, check: oneOf([4, 6]) },
  network_id: { post: 'required', check: uuidReason },
  subnetpool_id: { post: 'optional' },
  prefixlen: { post: 'optional', convert: toInteger },
  cidr: { post: 'optional', convert: toCidrText },
  gateway_ip: { post: 'optional', put: true, check: addressOrNone },
  allocation_pools: {
    post: 'optional',
    put: true,
    check: listOf('IP pool', objectReason('IP pool', ['start', 'end'])),
  },
  dns_nameservers: { post: 'optional', put: true, check: listOf('nameserver', nameserverReason) },
  host_routes: {
    post: 'optional',
    put: true,
    check: listOf('hostroute', objectReason('hostroute', ['destination', 'nexthop'])),
  },
  enable_dhcp: { post: 'optional', put: true, convert: toBoolean },
  ipv6_ra_mode: { post: 'optional', check: oneOf(['dhcpv6-stateful', 'dhcpv6-stateless', 'slaac']) },
  ipv6_address_mode: { post: 'optional', check: oneOf(['dhcpv6-stateful', 'dhcpv6-stateless', 'slaac']) },
};

function nameserverReason(value: unknown): string | undefined {
  const reason = addressReason(value);
  return reason === undefined ? undefined : `'${String(value)}' is not a valid nameserver. ${reason}`;
}

export function subnetResource(cloud: Cloud): Resource<SubnetRow> {
  return {
    kind: 'subnet',
    collection: 'subnets',
    table: cloud.state.subnets,
    attributes,
    view,
    fields: {},
    filters: new Set([
      ...['id', 'name', 'ip_version', 'network_id', 'cidr', 'gateway_ip', 'tenant_id', 'project_id', 'enable_dhcp'],
      ...['ipv6_ra_mode', 'ipv6_address_mode', 'description', 'revision_number', 'subnetpool_id', 'shared'],
    ]),
    shared: (row) => cloud.state.networks.get(row.network_id)?.shared === true,
    create: (call, wanted) => create(cloud, call, wanted),
    update: (_, row, wanted) => {
      update(cloud, row, wanted);
    },
    remove: (_, row) => {
      remove(cloud, row);
    },
  };
}

function create(cloud: Cloud, call: Call, wanted: JsonObject): SubnetRow {
  const network = networkToExtend(cloud, call, String(wanted['network_id']));
  const cidr = cidrOf(wanted);
  refuseOverlap(cloud, network, cidr);
  const gateway_ip = gatewayOf(wanted, cidr);
  const enable_dhcp = wanted['enable_dhcp'] !== false;
  if (enable_dhcp) refuseDhcpOn(cidr);
  const row: SubnetRow = {
    ...newRow(call, wanted),
    name: textOr(wanted['name'], ''),
    network_id: network.id,
    ip_version: cidr.version,
    cidr: formatCidr(cidr),
    gateway_ip,
    enable_dhcp,
    allocation_pools: poolsOf(wanted['allocation_pools'], cidr, gateway_ip),
    dns_nameservers: (wanted['dns_nameservers'] ?? []) as string[], // checked by the attribute map
    host_routes: (wanted['host_routes'] ?? []) as SubnetRow['host_routes'], // likewise
    ipv6_ra_mode: textOr(wanted['ipv6_ra_mode'], '') || null,
    ipv6_address_mode: textOr(wanted['ipv6_address_mode'], '') || null,
  };
  cloud.state.subnets.put(row);
  cloud.state.networks.put(network); // its list of subnets has changed
  announceDhcp(cloud, network.id);
  return row;
}

function networkToExtend(cloud: Cloud, call: Call, id: string): NetworkRow {
  const network = findNetwork(cloud, call, id);
  const token = tokenOf(call);
  if (!token.admin && network.project_id !== token.project_id) throw forbidden('create_subnet');
  return network;
}

function cidrOf(wanted: JsonObject): Cidr {
  const given = wanted['cidr'];
  if (typeof given !== 'string')
    throw badResource('subnets', 'a subnetpool must be specified in the absence of a cidr');
  const cidr = parseCidr(given);
  if (cidr === undefined) throw invalidInput(`${given} is not in a CIDR format`);
  if (cidr.version !== wanted['ip_version']) {
    throw invalidInput(`cidr '${given}' does not match the ip_version '${String(wanted['ip_version'])}'`);
  }
  if (cidr.prefix === 0) throw invalidInput('0 is not allowed as CIDR prefix length');
  return cidr;
}

function refuseOverlap(cloud: Cloud, network: NetworkRow, cidr: Cidr): void {
  for (const other of cloud.state.subnets.by('network', network.id)) {
    const block = parseCidr(other.cidr);
    if (block === undefined || !overlap(block, cidr)) continue;
    throw invalidInput(
      `Requested subnet with cidr: ${formatCidr(cidr)} for network: ${network.id} overlaps with another subnet`,
    );
  }
}

function refuseDhcpOn(cidr: Cidr): void {
  if (cidr.prefix > (cidr.version === 4 ? 30 : 126))
    throw invalidInput('Subnet has a prefix length that is incompatible with DHCP service enabled');
}

// Without a word on it, the first address (for IPv6 the subnet's own); null means none.
function gatewayOf(wanted: JsonObject, cidr: Cidr): string | null {
  const given = wanted['gateway_ip'];
  if (given === null) return null;
  if (typeof given !== 'string') return formatAddress(cidr.version, cidr.version === 4 ? cidr.first + 1n : cidr.first);
  checkGateway(given, cidr);
  return canonical(given);
}

function checkGateway(gateway: string, cidr: Cidr): void {
  const address = parseAddress(gateway);
  if (address?.version !== cidr.version)
    throw invalidInput(`gateway_ip '${gateway}' does not match the ip_version '${cidr.version}'`);
  const edge = address.value === cidr.first || (cidr.version === 4 && address.value === cidr.last);
  if (edge && cidr.last - cidr.first > 1n) throw invalidInput('Gateway is not valid on subnet');
}

type Pools = SubnetRow['allocation_pools'];

function poolsOf(wanted: unknown, cidr: Cidr, gateway: string | null): Pools {
  if (!Array.isArray(wanted)) return defaultPools(cidr, gateway);
  const pools = (wanted as Pools).map(({ start, end }) => ({ start: canonical(start), end: canonical(end) }));
  for (const pool of pools) checkPool(pool, cidr, gateway);
  return pools;
}

function checkPool(pool: Pools[number], cidr: Cidr, gateway: string | null): void {
  const [start, end] = [parseAddress(pool.start), parseAddress(pool.end)];
  if (start === undefined || end === undefined || start.value > end.value) {
    throw refuse(400, 'InvalidAllocationPool', `The allocation pool ${pool.start}-${pool.end} is not valid.`);
  }
  const touchesEdge = start.value === cidr.first || (cidr.version === 4 && end.value === cidr.last);
  if (!contains(cidr, start) || !contains(cidr, end) || touchesEdge) {
    throw refuse(
      400,
      'OutOfBoundsAllocationPool',
      `The allocation pool ${pool.start}-${pool.end} spans beyond the subnet cidr ${formatCidr(cidr)}.`,
    );
  }
  refuseGatewayIn(pool, gateway);
}

function refuseGatewayIn(pool: Pools[number], gateway: string | null): void {
  const [start, end, at] = [pool.start, pool.end, gateway ?? ''].map((text) => parseAddress(text)?.value);
  if (start !== undefined && end !== undefined && at !== undefined && start <= at && at <= end) {
    throw refuse(
      409,
      'GatewayConflictWithAllocationPools',
      `Gateway ip ${String(gateway)} conflicts with allocation pool ${pool.start}-${pool.end}.`,
    );
  }
}

// All hosts but the gateway: one pool, or two around it.
function defaultPools(cidr: Cidr, gateway: string | null): Pools {
  const first = cidr.first + (cidr.prefix >= (cidr.version === 4 ? 31 : 127) ? 0n : 1n);
  const last = cidr.version === 4 && cidr.prefix < 31 ? cidr.last - 1n : cidr.last;
  const at = gateway === null ? undefined : parseAddress(gateway)?.value;
  const spans: [bigint, bigint][] =
    at === undefined || at < first || at > last
      ? [[first, last]]
      : [
          [first, at - 1n],
          [at + 1n, last],
        ];
  return spans
    .filter(([start, end]) => start <= end)
    .map(([start, end]) => ({ start: formatAddress(cidr.version, start), end: formatAddress(cidr.version, end) }));
}

function update(cloud: Cloud, row: SubnetRow, wanted: JsonObject): void {
  const cidr = parseCidr(row.cidr);
  if (cidr === undefined) throw new Error(`stored subnet ${row.id} has no CIDR`);
  if ('gateway_ip' in wanted) changeGateway(cloud, row, gatewayOf(wanted, cidr));
  if ('allocation_pools' in wanted) row.allocation_pools = poolsOf(wanted['allocation_pools'], cidr, row.gateway_ip);
  row.name = textOr(wanted['name'], row.name);
  if (Array.isArray(wanted['dns_nameservers'])) row.dns_nameservers = wanted['dns_nameservers'] as string[];
  if (Array.isArray(wanted['host_routes'])) row.host_routes = wanted['host_routes'] as SubnetRow['host_routes'];
  if (typeof wanted['enable_dhcp'] === 'boolean') row.enable_dhcp = wanted['enable_dhcp'];
  announceDhcp(cloud, row.network_id);
}

function changeGateway(cloud: Cloud, row: SubnetRow, gateway: string | null): void {
  if (gateway === row.gateway_ip) return;
  for (const port of cloud.state.ports.by('network', row.network_id)) {
    if (
      gateway !== null &&
      port.device_owner === 'network:router_interface' &&
      port.fixed_ips.some((ip) => ip.ip_address === row.gateway_ip)
    ) {
      throw refuse(
        409,
        'GatewayIpInUse',
        `Current gateway ip ${String(row.gateway_ip)} already in use by port ${port.id}. Unable to update.`,
      );
    }
  }
  row.gateway_ip = gateway;
}

function remove(cloud: Cloud, row: SubnetRow): void {
  const users = [...cloud.state.ports.by('network', row.network_id)].filter((port) =>
    port.fixed_ips.some((ip) => ip.subnet_id === row.id),
  );
  if (users.some((port) => port.device_owner !== 'network:dhcp')) {
    const reason = 'One or more ports have an IP allocation from this subnet';
    throw refuse(409, 'SubnetInUse', `Unable to complete operation on subnet ${row.id}: ${reason}.`);
  }
  for (const port of users) {
    removeAddresses(cloud, port, row.id);
    if (port.fixed_ips.length === 0) removePort(cloud, port);
  }
  cloud.state.subnets.remove(row.id);
  const network = cloud.state.networks.get(row.network_id);
  if (network !== undefined) cloud.state.networks.put(network);
}

function view(row: SubnetRow): JsonObject {
  return {
    id: row.id,
    name: row.name,
    network_id: row.network_id,
    ip_version: row.ip_version,
    subnetpool_id: null,
    enable_dhcp: row.enable_dhcp,
    ipv6_ra_mode: row.ipv6_ra_mode,
    ipv6_address_mode: row.ipv6_address_mode,
    gateway_ip: row.gateway_ip,
    cidr: row.cidr,
    allocation_pools: row.allocation_pools,
    host_routes: row.host_routes,
    dns_nameservers: row.dns_nameservers,
    service_types: [],
    ...standardView(row),
  };
}
