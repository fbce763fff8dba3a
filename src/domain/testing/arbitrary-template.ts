/**
 * Templates out of thin air, all of them valid: for properties that must hold for every one.
 *
 * A network is cut into eight equal slots and each subnet lies in a slot of its own, so subnets never overlap; counts
 * are cut to what the subnets have addresses for.
 */

import fc from 'fast-check';
import { parseRange, serverCapacity } from '../network-layout.ts';
import type { NetworkTemplate, TemplateBody, TierTemplate } from '../template.ts';

const SLOT_BITS = 3;
const MOST_PER_TIER = 12;

export const partName = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);

/** 32-bit number to dotted text, written apart from the product's own. */
export function dotted(value: number): string {
  return `${(value >>> 24) & 255}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** An aligned range: its first address and its prefix length. */
function alignedRange(prefixes: { min: number; max: number }): fc.Arbitrary<{ first: number; prefix: number }> {
  return fc
    .record({ address: fc.nat({ max: 0xffff_ffff }), prefix: fc.integer(prefixes) })
    .map(({ address, prefix }) => ({ first: alignDown(address, prefix), prefix }));
}

function alignDown(address: number, prefix: number): number {
  const size = 2 ** (32 - prefix);
  return Math.floor(address / size) * size;
}

const network: fc.Arbitrary<NetworkTemplate> = fc
  .record({
    outer: alignedRange({ min: 8, max: 24 }),
    names: fc.uniqueArray(partName, { minLength: 1, maxLength: 5 }),
    slots: fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 5 }),
    places: fc.array(fc.record({ inner: fc.nat({ max: 0xffff_ffff }), extra: fc.nat({ max: 18 }) }), {
      minLength: 5,
      maxLength: 5,
    }),
    dns: fc.option(fc.constant(['192.0.2.53', '2001:db8::53']), { nil: undefined }),
    router: fc.option(fc.constantFrom({}, { external_network: 'public' }), { nil: undefined }),
  })
  .map(({ outer, names, slots, places, dns, router }) => ({
    cidr: `${dotted(outer.first)}/${outer.prefix}`,
    subnets: Object.fromEntries(
      names.map((name, index) => [name, subnetIn(outer, slots[index] ?? 0, places[index] ?? { inner: 0, extra: 0 })]),
    ),
    ...(dns && { dns }),
    ...(router && { router }),
  }));

function subnetIn(
  outer: { first: number; prefix: number },
  slot: number,
  { inner, extra }: { inner: number; extra: number },
): string {
  const slotPrefix = outer.prefix + SLOT_BITS;
  const slotSize = 2 ** (32 - slotPrefix);
  const prefix = Math.min(slotPrefix + extra, 29);
  return `${dotted(alignDown(outer.first + slot * slotSize + (inner % slotSize), prefix))}/${prefix}`;
}

const tier = fc.record(
  {
    flavor: fc.constantFrom('m1.tiny', 'm1.small'),
    image: fc.constant('debian-12'),
    count: fc.nat({ max: MOST_PER_TIER }),
    key_name: fc.constant('lab-key'),
    security_groups: fc.constant(['default']),
    user_data: fc.constant('#cloud-config\n'),
    metadata: fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), fc.stringMatching(/^[a-z0-9 ]{0,8}$/)),
  },
  { requiredKeys: ['flavor', 'image', 'count'] },
);

/** A template that has no fault, with at most a few dozen servers. */
export const validTemplate: fc.Arbitrary<TemplateBody> = fc
  .record({
    network_config: network,
    tiers: fc.dictionary(partName, tier, { minKeys: 1, maxKeys: 4 }),
    choice: fc.nat(),
  })
  .map(({ network_config, tiers, choice }) => {
    const names = Object.keys(network_config.subnets);
    const left = new Map(Object.entries(network_config.subnets).map(([name, cidr]) => [name, capacityOf(cidr)]));
    const vm_config: Record<string, TierTemplate> = {};
    for (const [index, [name, config]] of Object.entries(tiers).entries()) {
      const named = names[(choice + index) % names.length] ?? '';
      const implied = names.includes(name) ? name : names.length === 1 ? names[0] : undefined;
      const subnet = implied !== undefined && (choice + index) % 2 === 0 ? implied : named;
      const count = Math.min(config.count, left.get(subnet) ?? 0);
      left.set(subnet, (left.get(subnet) ?? 0) - count);
      vm_config[name] = { ...(config as TierTemplate), count, ...(subnet === implied ? {} : { subnet }) }; // a record of it
    }
    return { vm_config, network_config };
  });

function capacityOf(cidr: string): number {
  const range = parseRange(cidr);
  return range ? serverCapacity(range) : 0;
}

/** Ceilings that no generated template reaches. */
export const AMPLE = { maxCountPerTier: 100, maxNodesPerPlan: 10_000 };
