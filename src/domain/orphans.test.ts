import { describe, expect, it } from 'vitest';
import { judgeStray, type Stray, sweepBrake } from './orphans.ts';

const stray = (change: Partial<Stray> = {}): Stray => ({
  ...{ providerId: 'n', kind: 'memory.network', owner: 'd', key: 'network', generation: 1 },
  ...{ createdAt: '', firstSeen: '', ageMs: 1_000, isOwnerKnown: true, isOwnerBusy: false },
  ...change,
});

describe('judgeStray', () => {
  it.each<[string, Partial<Stray>]>([
    ['orphan', {}],
    ['young', { ageMs: 999 }],
    ['young', { ageMs: -5 }],
    ['busy', { isOwnerBusy: true }],
    ['foreign', { isOwnerKnown: false }],
    ['foreign', { isOwnerKnown: false, isOwnerBusy: true }],
  ])('says %s of one with %o', (verdict, change) => {
    expect(judgeStray(stray(change), 1_000)).toBe(verdict);
  });
});

describe('sweepBrake', () => {
  const LIMITS = { maxCount: 10, maxShare: 20 };
  it.each([
    [0, 0, undefined],
    [2, 10, undefined],
    [3, 10, /3 of 10 objects.*sweep_max_share \(20 %\)/],
    [10, 1000, undefined],
    [11, 1000, /11 objects.*sweep_max_count \(10\)/],
  ])('%i of %i objects', (orphans, total, said) => {
    const brake = sweepBrake(orphans, total, LIMITS);
    if (said) expect(brake).toMatch(said);
    else expect(brake).toBeUndefined();
  });
});
