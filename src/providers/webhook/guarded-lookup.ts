/**
 * Name resolution that hands out only addresses which a webhook may be sent to. It judges in the very lookup whose answer
 * is connected to: a name that is judged first and looked up again could resolve to something else the second time.
 */

import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { addressIsAllowed, refusedAddress } from '../../domain/webhook-target.ts';

/** @param allowed networks in CIDR notation, beside all public addresses */
export function createGuardedLookup(allowed: readonly string[]): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '');
      const usable = addresses.filter(({ address }) => addressIsAllowed(address, allowed));
      const [first] = usable;
      if (!first) return callback(new Error(refusedAddress(addresses[0]?.address ?? hostname)), '');
      return options.all ? callback(null, usable) : callback(null, first.address, first.family);
    });
  };
}
