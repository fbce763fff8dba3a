import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amountOf, decimalOf, numberOf } from './money.ts';

/** Numbers as a person writes prices: up to 9 places. */
const price = fc.tuple(fc.nat({ max: 1_000_000_000 }), fc.nat({ max: 9 })).map(([digits, places]) => ({
  value: Number(`${digits}e-${places}`),
  digits: BigInt(digits),
  places,
}));

describe('an amount', () => {
  it('is exactly the decimal that was written', () => {
    expect(decimalOf(amountOf(0.1) + amountOf(0.2))).toBe('0.3');
    expect(decimalOf(amountOf(0.04) * 730n)).toBe('29.2');
    expect([1e-7, 1.5e-9, 1e21, -2.5, 0, 12].map((value) => decimalOf(amountOf(value)))).toEqual([
      '0.0000001',
      '0.0000000015',
      '1000000000000000000000',
      '-2.5',
      '0',
      '12',
    ]);
  });

  it('of any price is its digits, whatever binary fraction carries them', () => {
    fc.assert(
      fc.property(price, ({ value, digits, places }) => {
        expect(amountOf(value)).toBe(digits * 10n ** BigInt(12 - places));
      }),
    );
  });

  it('comes back as the number that it came from', () => {
    fc.assert(
      fc.property(price, ({ value }) => {
        expect(numberOf(amountOf(value))).toBe(value);
      }),
    );
  });

  it('adds up to the same in any order', () => {
    fc.assert(
      fc.property(fc.array(price), (prices) => {
        const sum = (all: typeof prices) => all.reduce((total, { value }) => total + amountOf(value), 0n);
        expect(sum(prices)).toBe(sum(prices.toReversed()));
      }),
    );
  });

  it('is refused for what is no number', () => {
    expect(() => amountOf(Number.NaN)).toThrow(RangeError);
    expect(() => amountOf(Number.POSITIVE_INFINITY)).toThrow(RangeError);
  });
});
