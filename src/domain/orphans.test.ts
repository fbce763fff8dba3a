import { describe, expect, it } from 'vitest';
import { judgeStray, type Stray, sweepBrake } from './orphans.ts';

const NOW = '2026-01-01T01:00:00Z';
const HALF_AN_HOUR = 30 * 60_000;
const stray = (change: Partial<Stray> = {}): Stray => ({
  ...{ providerId: 'n', kind: 'memory.network', owner: 'd', key: 'network', generation: 1 },
  ...{ createdAt: '2026-01-01T00:00:00Z', firstSeen: NOW, isOwnerKnown: true, isOwnerBusy: false },
  ...change,
});

describe('judgeStray', () => {
  it.each<[string, Partial<Stray>]>([
    ['orphan', {}],
    ['young', { createdAt: '2026-01-01T00:45:00Z' }],
    ['young', { createdAt: '1970-01-01T00:00:00Z' }],
    ['orphan', { createdAt: '1970-01-01T00:00:00Z', firstSeen: '2026-01-01T00:00:00Z' }],
    ['young', { createdAt: '2026-01-01T02:00:00Z' }],
    ['busy', { isOwnerBusy: true }],
    ['foreign', { isOwnerKnown: false }],
    ['foreign', { isOwnerKnown: false, isOwnerBusy: true }],
  ])('says %s of one with %o', (verdict, change) => {
    expect(judgeStray(stray(change), NOW, HALF_AN_HOUR)).toBe(verdict);
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
