import { describe, expect, it } from 'vitest';
import type { Condition } from './deployment.ts';
import { decideHeal, healingResumed, tooMuchMissing } from './healing.ts';

const LIMITS = { maxRuns: 3, windowMs: 30 * 60_000, maxMissingShare: 50 };
const SIGHT = { region: 'here', missing: 1, resources: 10 };
const stoppedFor = (reason: string): Condition[] => [
  { type: 'HealingStopped', status: 'True', reason, message: '', last_transition_time: '2026-01-01T00:00:00Z' },
];

describe('tooMuchMissing', () => {
  it.each([
    [0, 0, false],
    [0, 10, false],
    [5, 10, false],
    [6, 10, true],
    [1, 1, true],
  ])('%i of %i: %s', (missing, resources, isTooMuch) => {
    expect(tooMuchMissing({ region: 'here', missing, resources }, LIMITS) !== undefined).toBe(isTooMuch);
  });

  it('never speaks where everything may be missing', () => {
    expect(tooMuchMissing({ region: 'here', missing: 7, resources: 7 }, { maxMissingShare: 100 })).toBeUndefined();
  });
});

describe('decideHeal', () => {
  it('heals as often as it may, then stops and says how to go on', () => {
    expect(decideHeal({ conditions: [], recentHeals: 2 }, SIGHT, LIMITS)).toEqual({ heal: true, condition: undefined });
    const stop = decideHeal({ conditions: [], recentHeals: 3 }, SIGHT, LIMITS);
    expect(stop).toMatchObject({ heal: false, condition: { status: 'True', reason: 'TooManyHeals' } });
    expect(stop.condition?.message).toMatch(/3 times within 30 minutes.*POST .*heal/);
  });

  it('stays stopped after too many heals until a person resumes it', () => {
    const decision = decideHeal({ conditions: stoppedFor('TooManyHeals'), recentHeals: 0 }, SIGHT, LIMITS);
    expect(decision).toEqual({ heal: false, condition: undefined });
    const resumed = { ...healingResumed('Resumed', ''), last_transition_time: '2026-01-02T00:00:00Z' };
    expect(decideHeal({ conditions: [resumed], recentHeals: 0 }, SIGHT, LIMITS).heal).toBe(true);
  });

  it('does not heal what cannot be seen properly, and goes on by itself when it can', () => {
    const blind = { ...SIGHT, missing: 9 };
    expect(decideHeal({ conditions: [], recentHeals: 0 }, blind, LIMITS)).toMatchObject({
      heal: false,
      condition: { reason: 'TooMuchMissing', message: expect.stringContaining('9 of 10 resources') },
    });
    expect(decideHeal({ conditions: stoppedFor('TooMuchMissing'), recentHeals: 0 }, SIGHT, LIMITS)).toMatchObject({
      heal: true,
      condition: { status: 'False' },
    });
  });
});
