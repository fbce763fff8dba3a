import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOf, contains, overlap, parseRange, serverCapacity, type Range } from './network-layout.ts';
import { dotted } from './testing/arbitrary-template.ts';

/** The oracle: a small range as the set of its addresses, made bit by bit and without arithmetic on sizes. */
function addressesOf(address: number, prefix: number): Set<number> {
  const bits = address.toString(2).padStart(32, '0').slice(0, prefix);
  const free = 32 - prefix;
  return new Set(
    Array.from({ length: 1 << free }, (_, tail) =>
      Number.parseInt(bits + (free === 0 ? '' : tail.toString(2).padStart(free, '0')), 2),
    ),
  );
}

/** Addresses that lie close together, so that ranges meet. */
const near = fc.record({
  address: fc.oneof(
    fc.nat({ max: 255 }).map((low) => 0x0a00_0100 + low),
    fc.nat({ max: 255 }).map((low) => 0xffff_ff00 + low),
    fc.nat({ max: 255 }),
  ),
  prefix: fc.integer({ min: 24, max: 32 }),
});

function rangeOf({ address, prefix }: { address: number; prefix: number }): Range {
  const range = parseRange(`${dotted(address)}/${prefix}`);
  if (!range) throw new Error('the text was not read');
  return range;
}

describe('parseRange', () => {
  it('reads every IPv4 CIDR as the set of addresses that share its first bits', () => {
    fc.assert(
      fc.property(near, ({ address, prefix }) => {
        const range = rangeOf({ address, prefix });
        const expected = [...addressesOf(address, prefix)].toSorted((a, b) => a - b);
        expect([range.first, range.last]).toEqual([expected[0], expected.at(-1)]);
        expect(range.hasHostBits).toBe(address !== expected[0]);
        expect(range.cidr).toBe(`${dotted(expected[0] ?? 0)}/${prefix}`);
        expect(rangeOf({ address: range.first, prefix })).toEqual({ ...range, hasHostBits: false });
      }),
    );
  });

  it.each([
    '',
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/024',
    '10.0.0.0/8.5',
    '10.0.0/24',
    '10.0.0.256/24',
    '010.0.0.0/24',
    '0x0a.0.0.0/8',
    '10.0.0.0 /24',
    ' 10.0.0.0/24',
    '10.0.0.0/24\n',
    'fd00::/64',
    '::ffff:10.0.0.0/104',
    '10.0.0.0/255.255.255.0',
    'web',
  ])('does not take %j for a range', (text) => {
    expect(parseRange(text)).toBeUndefined();
  });

  it.each([
    ['0.0.0.0/0', 0, 0xffff_ffff],
    ['255.255.255.255/32', 0xffff_ffff, 0xffff_ffff],
    ['128.0.0.0/1', 0x8000_0000, 0xffff_ffff],
  ])('reads the edge %s', (text, first, last) => {
    expect(parseRange(text)).toMatchObject({ first, last, hasHostBits: false });
  });
});

describe('contains and overlap', () => {
  it('agree with the sets of addresses', () => {
    fc.assert(
      fc.property(near, near, (a, b) => {
        const [left, right] = [addressesOf(a.address, a.prefix), addressesOf(b.address, b.prefix)];
        expect(contains(rangeOf(a), rangeOf(b))).toBe([...right].every((address) => left.has(address)));
        expect(overlap(rangeOf(a), rangeOf(b))).toBe([...right].some((address) => left.has(address)));
      }),
      { numRuns: 300 },
    );
  });
});

describe('addressOf', () => {
  it('gives each server an address of its own, inside the subnet and beside gateway, DHCP and broadcast', () => {
    fc.assert(
      fc.property(fc.nat({ max: 0xffff_ffff }), fc.integer({ min: 22, max: 29 }), (address, prefix) => {
        const range = rangeOf({ address, prefix });
        const capacity = serverCapacity(range);
        const given = Array.from({ length: capacity }, (_, nth) => rangeOf32(addressOf(range.cidr, nth)));
        expect(capacity).toBeGreaterThan(0);
        expect(new Set(given).size).toBe(capacity);
        expect(given.every((one) => one > range.first + 2 && one < range.last)).toBe(true);
        expect(() => addressOf(range.cidr, capacity)).toThrow(/has no address number/);
      }),
      { numRuns: 30 },
    );
  });

  it.each(['10.0.0.0/30', '10.0.0.0/31', '10.0.0.0/32'])('has none on %s', (cidr) => {
    expect(() => addressOf(cidr, 0)).toThrow(/has no address/);
  });

  it('refuses what is no CIDR', () => {
    expect(() => addressOf('web', 0)).toThrow(/subnet web has no address number 0/);
  });
});

function rangeOf32(text: string): number {
  return parseRange(`${text}/32`)?.first ?? -1;
}
