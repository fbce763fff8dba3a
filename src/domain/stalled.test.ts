import { describe, expect, it } from 'vitest';
import { LEAST_STALL_MS, stalledCondition, stallLimitMs, stallLimits } from './stalled.ts';

const subject = { region: 'here', kind: 'memory.server', action: 'present', estimateMs: 30_000 } as const;
const history = (count: number, p99 = 50_000) =>
  new Map([['here memory.server present', { p50: 20_000, p90: 40_000, p99, count }]]);
const node = { key: 'server/web/1', since: '2026-11-21T10:00:00.000000Z', limitMs: 90_000 };

describe('a node is stalled', () => {
  it('beyond what 99 of 100 took, or three times its estimate where too little is known', () => {
    expect(stallLimitMs(history(100), subject)).toBe(50_000);
    expect(stallLimitMs(history(5), subject)).toBe(90_000);
    expect(stallLimitMs(new Map(), subject)).toBe(90_000);
  });

  it('never within some seconds, however quick its kind is', () => {
    expect(stallLimitMs(history(100, 40), subject)).toBe(LEAST_STALL_MS);
    expect([...stallLimits(history(100, 40)).values()]).toEqual([LEAST_STALL_MS]);
  });

  it('by its history only where that is enough', () => {
    expect(stallLimits(history(5)).size).toBe(0);
  });
});

describe('what is said of a deployment', () => {
  it('is new only when another node is stalled, or none', () => {
    const said = stalledCondition(node, undefined);
    expect(said).toMatchObject({ type: 'Stalled', status: 'True', message: expect.stringContaining('1 min 30 s') });
    expect(stalledCondition({ ...node, limitMs: 91_000 }, said?.message)).toBeUndefined();
    expect(stalledCondition({ ...node, key: 'server/web/10' }, said?.message)).toMatchObject({ status: 'True' });
    expect(stalledCondition(undefined, said?.message)).toMatchObject({ status: 'False' });
    expect(stalledCondition(undefined, undefined)).toBeUndefined();
  });
});
