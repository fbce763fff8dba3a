import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Failure } from './failure.ts';
import { inUseDelayMs, MAX_ATTEMPTS, retryDelayMs } from './retry-policy.ts';

const failure = (change: Partial<Failure>): Failure => ({
  class: 'transient',
  type: 'Timeout',
  message: '',
  ...change,
});
const passing = fc.constantFrom<Failure['class']>('transient', 'unknown-outcome');
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('retryDelayMs', () => {
  it.each([
    [1, 0, 750],
    [1, 0.5, 1_000],
    [2, 0.5, 2_000],
    [2, 0, 1_500],
    [3, 0.5, undefined],
  ])('after attempt %i with jitter %d waits %s ms', (attempt, jitter, expected) => {
    expect(retryDelayMs(attempt, failure({}), jitter)).toBe(expected);
  });

  it('spreads by a quarter around a second that doubles up to ten', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_ATTEMPTS - 1 }), passing, random, (attempt, kind, jitter) => {
        const delay = retryDelayMs(attempt, failure({ class: kind }), jitter) ?? Number.NaN;
        const planned = Math.min(1_000 * 2 ** (attempt - 1), 10_000);
        expect(delay).toBeGreaterThanOrEqual(planned * 0.75);
        expect(delay).toBeLessThanOrEqual(planned * 1.25);
      }),
    );
  });

  it('waits at least as long as the cloud asks for', () => {
    fc.assert(
      fc.property(fc.nat({ max: 600_000 }), random, (retryAfterMs, jitter) => {
        expect(retryDelayMs(1, failure({ retryAfterMs }), jitter)).toBeGreaterThanOrEqual(retryAfterMs);
      }),
    );
  });

  it.each(['permanent', 'in-use'] as const)('does not repeat what is %s, whatever the cloud asks for', (kind) => {
    expect(retryDelayMs(1, failure({ class: kind, retryAfterMs: 1 }), 0)).toBeUndefined();
  });

  it('gives up after the last attempt, whatever the cloud asks for', () => {
    expect(retryDelayMs(MAX_ATTEMPTS, failure({ retryAfterMs: 1 }), 0)).toBeUndefined();
    expect(MAX_ATTEMPTS).toBe(3);
  });
});

describe('inUseDelayMs', () => {
  it('doubles from a quarter of a second to five seconds', () => {
    expect([1, 2, 3, 4, 5, 6, 60].map(inUseDelayMs)).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  });
});
