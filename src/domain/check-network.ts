/**
 * What a network configuration must be: IPv4 ranges, subnets inside the network and apart from each other, name servers
 * that are addresses.
 */

import ipaddr from 'ipaddr.js';
import { checkName } from './check-tier.ts';
import type { Fault } from './errors.ts';
import type { Json } from './json.ts';
import { escapePointer } from './merge-template.ts';
import { contains, overlap, parseRange, type Range } from './network-layout.ts';
import type { NetworkTemplate } from './template.ts';

const SMALLEST_PREFIX = 29;

type IsOpen = (value: unknown) => boolean;

/** @param isOpen whether a value still waits for a parameter and is therefore passed over */
export function checkNetwork(network: NetworkTemplate, isOpen: IsOpen): Fault[] {
  const outer = readRange('/network_config/cidr', network.cidr, isOpen);
  const inner = Object.entries(network.subnets).map(([name, cidr]) => ({
    name,
    ...readRange(`/network_config/subnets/${escapePointer(name)}`, cidr, isOpen),
  }));
  const external = network.router?.external_network;
  const faults = [...outer.faults, ...inner.flatMap((subnet) => subnet.faults)];
  return [
    ...faults,
    ...checkPlacement(outer.range, inner),
    ...checkNameServers(network.dns ?? [], isOpen),
    ...(external === undefined ? [] : checkName('/network_config/router/external_network', 'network', external)),
  ];
}

interface Read {
  readonly range?: Range;
  readonly faults: readonly Fault[];
}

function readRange(pointer: string, text: unknown, isOpen: IsOpen): Read {
  if (isOpen(text)) return { faults: [] };
  const range = typeof text === 'string' ? parseRange(text) : undefined;
  const value = text as Json; // it came from JSON
  const fault = (detail: string, remedy: string) => ({ faults: [{ pointer, detail, value, remedy }] });
  if (!range)
    return fault(
      'this is no IPv4 range in CIDR notation',
      'Write an address and a prefix length, such as 10.0.1.0/24.',
    );
  if (range.hasHostBits) {
    return fault(
      `the address has bits beyond its /${range.prefix} prefix`,
      `Write ${range.cidr}, or another prefix length.`,
    );
  }
  return { range, faults: [] };
}

function checkPlacement(outer: Range | undefined, subnets: readonly ({ name: string } & Read)[]): Fault[] {
  const known = subnets.flatMap(({ name, range }) => (range ? [{ name, range }] : []));
  return known.flatMap(({ name, range }, index) => {
    const at = { pointer: `/network_config/subnets/${escapePointer(name)}`, value: range.cidr };
    const faults: Fault[] = [];
    if (outer && !contains(outer, range)) {
      const detail = `subnet ${name} (${range.cidr}) is not inside the network ${outer.cidr}`;
      faults.push({ ...at, detail, remedy: `Choose a range inside ${outer.cidr}, or a larger network.` });
    }
    if (range.prefix > SMALLEST_PREFIX) {
      const detail = `subnet ${name} (${range.cidr}) is too small for a gateway, DHCP and servers`;
      faults.push({ ...at, detail, remedy: `Use a prefix length of ${SMALLEST_PREFIX} or less.` });
    }
    const other = known.slice(0, index).find((earlier) => overlap(earlier.range, range));
    if (other) {
      const detail = `subnet ${name} (${range.cidr}) overlaps subnet ${other.name} (${other.range.cidr})`;
      faults.push({ ...at, detail, remedy: 'Give every subnet a range of its own.' });
    }
    return faults;
  });
}

function checkNameServers(servers: readonly unknown[], isOpen: IsOpen): Fault[] {
  return servers.flatMap((server, index) => {
    if (isOpen(server) || isAddress(server)) return [];
    const pointer = `/network_config/dns/${index}`;
    const detail = 'a name server must be an IP address';
    return [{ pointer, detail, value: server as Json, remedy: 'Write an address such as 192.0.2.53.' }]; // it came from JSON
  });
}

/** In full: of `1` and `0x7f.1`, which some programs take for addresses, a cloud makes nothing. */
function isAddress(text: unknown): boolean {
  return typeof text === 'string' && (ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text));
}
