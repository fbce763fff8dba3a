/**
 * Address arithmetic for IPv4 subnets: what fits where, and which address the nth server gets.
 */

import ipaddr from 'ipaddr.js';
import { GroundworkError } from './errors.ts';

export interface Range {
  /** First and last address as 32-bit numbers. */
  readonly first: number;
  readonly last: number;
  /** In canonical form, host bits cleared. */
  readonly cidr: string;
  readonly prefix: number;
  /** The text had host bits set: a cloud would cut them off silently. */
  readonly hasHostBits: boolean;
}

/** Clouds disagree on what `/024` means. */
const LEADING_ZERO = /\/0\d/;

/** The range of an IPv4 CIDR, or undefined when the text is not one. */
export function parseRange(text: string): Range | undefined {
  if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || LEADING_ZERO.test(text)) return undefined;
  const [address, prefix] = ipaddr.IPv4.parseCIDR(text);
  const value = toNumber(address.toByteArray());
  const size = 2 ** (32 - prefix);
  const first = Math.floor(value / size) * size;
  return { first, last: first + size - 1, cidr: `${toText(first)}/${prefix}`, prefix, hasHostBits: first !== value };
}

export function contains(outer: Range, inner: Range): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

export function overlap(a: Range, b: Range): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/**
 * Offset of the first server's address. The lowest addresses are left to the gateway and to ports that the cloud makes by
 * itself (DHCP agents take the lowest free ones); a small subnet cannot spare as many.
 */
function firstHostOffset(range: Range): number {
  return range.prefix <= 27 ? 10 : 4;
}

/** How many servers a subnet has addresses for. */
export function serverCapacity(range: Range): number {
  return Math.max(0, range.last - range.first - firstHostOffset(range));
}

/**
 * The address of the nth server (from 0) on a subnet.
 * @throws Error when the subnet is full or no CIDR: the caller checks first.
 */
export function addressOf(cidr: string, nth: number): string {
  const range = parseRange(cidr);
  if (!range || nth >= serverCapacity(range)) throw new Error(`subnet ${cidr} has no address number ${nth}`);
  return toText(range.first + firstHostOffset(range) + nth);
}

/**
 * Hands out addresses of servers, each once.
 * @param taken addresses that stand, whoever has them
 * @returns gives the address to keep when it is on the subnet and not given yet, otherwise the lowest that is free
 * @throws GroundworkError not_possible_now when the subnet is full with what stands on it
 */
export function freeAddresses(taken: readonly string[]): (cidr: string, keep?: string) => string {
  const used = new Set(taken);
  const given = new Set<string>();
  const nextHost = new Map<string, number>();
  return (cidr, keep) => {
    if (keep !== undefined && !given.has(keep) && isOn(cidr, keep)) {
      given.add(keep);
      return keep;
    }
    for (;;) {
      const nth = nextHost.get(cidr) ?? 0;
      if (nth >= serverCapacity(parseRange(cidr) ?? NO_RANGE)) throw full(cidr);
      nextHost.set(cidr, nth + 1);
      const address = addressOf(cidr, nth);
      if (used.has(address)) continue;
      given.add(address);
      return address;
    }
  };
}

const NO_RANGE: Range = { first: 0, last: 0, cidr: '', prefix: 32, hasHostBits: false };

/** There is room for what is wanted, but not beside what is to go. */
function full(cidr: string): GroundworkError {
  const detail = `the subnet ${cidr} has no free address as long as the servers stand that are to go`;
  return new GroundworkError('not_possible_now', detail, { remedy: 'Scale in first, and out in a second request.' });
}

function isOn(cidr: string, address: string): boolean {
  const [range, one] = [parseRange(cidr), parseRange(`${address}/32`)];
  return range !== undefined && one !== undefined && contains(range, one);
}

function toNumber(bytes: readonly number[]): number {
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

function toText(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
