/**
 * Where a webhook may point to. Whoever holds a key can make the server call an address, and reads the beginning of the
 * answer in the log of deliveries; so addresses that only the server's own surroundings can reach (loopback, private
 * networks, the metadata service of a cloud) are refused unless the operator allows them.
 */

import ipaddr from 'ipaddr.js';
import type { Fault } from './errors.ts';

const LONGEST_URL = 2048;

/** What is wrong with the URL of a webhook. Names are judged when they are resolved, at every sending. */
export function webhookUrlFaults(text: string, allowed: readonly string[]): Fault[] {
  const fault = (detail: string, remedy: string): Fault[] => [{ pointer: '/url', detail, value: text, remedy }];
  if (text.length > LONGEST_URL) return fault('the URL is too long', `Use at most ${LONGEST_URL} characters.`);
  if (!URL.canParse(text)) return fault('this is no URL', 'Write it in full: https://hooks.example.com/groundwork.');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return fault(`the scheme ${url.protocol} is not allowed`, 'Use https, or http.');
  if (url.username !== '' || url.password !== '') {
    const remedy = 'Leave them out: the URL is stored and shown as it is, and deliveries are signed.';
    return [{ pointer: '/url', detail: 'the URL holds credentials', remedy }];
  }
  if (url.hash !== '') return fault('the URL has a fragment, which is never sent', 'Leave out what follows the #.');
  const address = literalAddress(url);
  if (address === undefined || addressIsAllowed(address, allowed)) return [];
  return fault(refusedAddress(address), ALLOW_REMEDY);
}

export const ALLOW_REMEDY = 'Ask the operator to add the network to webhooks.allow_addresses, or use a public address.';

/** @returns a sentence without a full stop */
export function refusedAddress(address: string): string {
  return `the address ${address} is not a public one, and webhooks.allow_addresses does not name it`;
}

/** The address that a URL names outright; undefined for a host name. */
export function literalAddress({ hostname }: URL): string | undefined {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return ipaddr.isValid(bare) ? bare : undefined;
}

/** Whether a text is a network in CIDR notation, such as `10.20.0.0/16`. */
export function isNetwork(text: string): boolean {
  return ipaddr.isValidCIDR(text);
}

/** @param allowed networks in CIDR notation */
export function addressIsAllowed(address: string, allowed: readonly string[]): boolean {
  const parsed = ipaddr.process(address); // an IPv4 address inside an IPv6 one is the former
  if (parsed.range() === 'unicast') return true;
  return allowed.some((network) => {
    const [base, bits] = ipaddr.parseCIDR(network);
    return base.kind() === parsed.kind() && parsed.match(base, bits);
  });
}
