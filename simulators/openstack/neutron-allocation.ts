/**
 * Who holds which address: found in the ports themselves, kept as a map per subnet for speed.
 *
 * Like Neutron's driver, a DHCP port takes the first free address of the pools and every other port a random one out
 * of the first few hundred, so that concurrent requests seldom want the same.
 */
import { canonical, contains, formatAddress, parseAddress, parseCidr } from './addresses.ts';
import { invalidInput, notFound, refuse } from './neutron-errors.ts';
import type { State } from './state.ts';
import type { FixedIp, PortRow, SubnetRow } from './rows.ts';
import { isObject } from './wire.ts';

/** Subnet id to address to port id; held beside the state because it can always be derived from the ports. */
const held = new WeakMap<State, Map<string, Map<string, string>>>();

export function heldIn(state: State, subnetId: string): Map<string, string> {
  let all = held.get(state);
  if (all === undefined) {
    all = new Map();
    held.set(state, all);
    for (const port of state.ports.values()) take(all, port);
  }
  let addresses = all.get(subnetId);
  if (addresses === undefined) {
    addresses = new Map();
    all.set(subnetId, addresses);
  }
  return addresses;
}

/** After a reset of the state as a whole. */
export function forgetHeld(state: State): void {
  held.delete(state);
}

export function takeAddresses(state: State, port: PortRow): void {
  for (const { subnet_id, ip_address } of port.fixed_ips) heldIn(state, subnet_id).set(ip_address, port.id);
}

export function freeAddresses(state: State, port: PortRow): void {
  for (const { subnet_id, ip_address } of port.fixed_ips) heldIn(state, subnet_id).delete(ip_address);
}

/**
 * Addresses for a port: those asked for (`[{subnet_id?, ip_address?}]`), or one IPv4 and one per IPv6 subnet when
 * nothing is said. Throws Neutron's refusals. `own` lists addresses the port holds already.
 */
export function chooseAddresses(state: State, port: PortRow, wanted: unknown, own: readonly FixedIp[] = []): FixedIp[] {
  const subnets = [...state.subnets.by('network', port.network_id)];
  if (!Array.isArray(wanted)) return automatic(state, port, subnets);
  const chosen: FixedIp[] = [];
  for (const entry of wanted)
    chosen.push(chooseOne(state, { port, subnets, own, chosen }, isObject(entry) ? entry : {}));
  return chosen;
}

interface Choice {
  readonly port: PortRow;
  readonly subnets: readonly SubnetRow[];
  readonly own: readonly FixedIp[];
  readonly chosen: readonly FixedIp[];
}

function chooseOne(state: State, choice: Choice, entry: Record<string, unknown>): FixedIp {
  const subnet = subnetFor(state, choice, entry);
  if (typeof entry['ip_address'] !== 'string') return anyAddress(state, choice.port, [subnet]);
  const ip_address = canonical(entry['ip_address']);
  checkInside(subnet, ip_address);
  const mine = choice.own.some((ip) => ip.ip_address === ip_address);
  if (choice.chosen.some((ip) => ip.ip_address === ip_address) || (!mine && heldIn(state, subnet.id).has(ip_address))) {
    throw refuse(409, 'IpAddressAlreadyAllocated', `IP address ${ip_address} already allocated in subnet ${subnet.id}`);
  }
  return { subnet_id: subnet.id, ip_address };
}

function subnetFor(state: State, { port, subnets }: Choice, entry: Record<string, unknown>): SubnetRow {
  if (subnets.length === 0) throw invalidInput('IP allocation requires subnets for network');
  const id = entry['subnet_id'];
  if (typeof id === 'string') {
    const subnet = subnets.find((one) => one.id === id);
    if (subnet !== undefined) return subnet;
    if (state.subnets.get(id) === undefined) throw notFound.subnet(id);
    throw invalidInput(
      `Failed to create port on network ${port.network_id}, because fixed_ips included invalid subnet ${id}`,
    );
  }
  const address = entry['ip_address'];
  if (typeof address !== 'string') throw invalidInput('IP allocation requires subnet_id or ip_address');
  const found = subnets.find((subnet) => isInside(subnet, address) && !isEdge(subnet, address));
  if (found === undefined)
    throw refuse(
      400,
      'InvalidIpForNetwork',
      `IP address ${address} is not a valid IP for any of the subnets on the specified network.`,
    );
  return found;
}

function checkInside(subnet: SubnetRow, address: string): void {
  if (isInside(subnet, address) && !isEdge(subnet, address)) return;
  throw refuse(400, 'InvalidIpForSubnet', `IP address ${address} is not a valid IP for the specified subnet.`);
}

/** Network and broadcast address. */
function isEdge(subnet: SubnetRow, address: string): boolean {
  const cidr = parseCidr(subnet.cidr);
  const value = parseAddress(address)?.value;
  if (cidr === undefined || cidr.version !== 4 || cidr.prefix >= 31) return false;
  return value === cidr.first || value === cidr.last;
}

function isInside(subnet: SubnetRow, address: string): boolean {
  const cidr = parseCidr(subnet.cidr);
  const parsed = parseAddress(address);
  return cidr !== undefined && parsed !== undefined && contains(cidr, parsed);
}

function automatic(state: State, port: PortRow, subnets: readonly SubnetRow[]): FixedIp[] {
  const v4 = subnets.filter((subnet) => subnet.ip_version === 4);
  const v6 = subnets.filter((subnet) => subnet.ip_version === 6 && subnet.ipv6_address_mode === null);
  return [v4, v6].filter((group) => group.length > 0).map((group) => anyAddress(state, port, group));
}

function anyAddress(state: State, port: PortRow, subnets: readonly SubnetRow[]): FixedIp {
  for (const subnet of subnets) {
    const ip_address = freeAddressIn(state, subnet, port.device_owner === 'network:dhcp');
    if (ip_address !== undefined) return { subnet_id: subnet.id, ip_address };
  }
  throw refuse(409, 'IpAddressGenerationFailure', `No more IP addresses available on network ${port.network_id}.`);
}

const window = 300;

function freeAddressIn(state: State, subnet: SubnetRow, first: boolean): string | undefined {
  const taken = heldIn(state, subnet.id);
  for (const pool of subnet.allocation_pools) {
    const start = parseAddress(pool.start)?.value ?? 0n;
    const end = parseAddress(pool.end)?.value ?? -1n;
    const found = (first ? undefined : randomFree(taken, subnet, start, end)) ?? firstFree(taken, subnet, start, end);
    if (found !== undefined) return found;
  }
  return undefined;
}

function randomFree(
  taken: ReadonlyMap<string, string>,
  subnet: SubnetRow,
  start: bigint,
  end: bigint,
): string | undefined {
  const size = Number(end - start + 1n);
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const value = start + BigInt(Math.floor(Math.random() * Math.min(size, window + taken.size)));
    const address = formatAddress(subnet.ip_version, value);
    if (!taken.has(address)) return address;
  }
  return undefined;
}

function firstFree(
  taken: ReadonlyMap<string, string>,
  subnet: SubnetRow,
  start: bigint,
  end: bigint,
): string | undefined {
  for (let value = start; value <= end; value += 1n) {
    const address = formatAddress(subnet.ip_version, value);
    if (!taken.has(address)) return address;
  }
  return undefined;
}

function take(all: Map<string, Map<string, string>>, port: PortRow): void {
  for (const { subnet_id, ip_address } of port.fixed_ips) {
    const addresses = all.get(subnet_id) ?? new Map<string, string>();
    addresses.set(ip_address, port.id);
    all.set(subnet_id, addresses);
  }
}
