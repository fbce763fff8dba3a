import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAmple, judgeNode, judgeQuotas, needOf, sayQuota, sumUses, worst } from './judge-plan.ts';

const amounts = fc.dictionary(fc.constantFrom('instances', 'cores', 'ram_mb'), fc.nat({ max: 1000 }));

describe('what a plan takes', () => {
  it('is the sum of what its nodes take', () => {
    fc.assert(
      fc.property(fc.array(amounts), fc.array(amounts), (some, others) => {
        expect(sumUses([...some, ...others])).toEqual(sumUses([sumUses(some), sumUses(others)]));
      }),
    );
    expect(sumUses([{ cores: 2 }, undefined, { cores: 1, instances: 1 }])).toEqual({ cores: 3, instances: 1 });
  });

  it('of a change is only what is more than before', () => {
    const outlook = {
      uses: { instances: 1, cores: 4, ram_mb: 1024 },
      usesNow: { instances: 1, cores: 2, ram_mb: 2048 },
    };
    expect(needOf('update', outlook)).toEqual({ cores: 2 });
    expect(needOf('present', { ...outlook, usesNow: {} })).toEqual(outlook.uses);
    expect(needOf('absent', outlook)).toEqual({});
  });
});

describe('a quota', () => {
  const rows = (limit: number | null, used: number, reserved: number, needed: number) =>
    judgeQuotas({ instances: { limit, used } }, { instances: reserved }, { instances: needed });

  it('fits exactly when used, reserved and needed are within the limit together', () => {
    fc.assert(
      fc.property(
        fc.nat(100),
        fc.nat(100),
        fc.nat(100),
        fc.integer({ min: 1, max: 100 }),
        (limit, used, reserved, needed) => {
          const [row] = rows(limit, used, reserved, needed);
          expect(row?.verdict).toBe(used + reserved + needed <= limit ? 'pass' : 'fail');
        },
      ),
    );
  });

  it('without a limit always fits; one that the cloud does not tell is unknown', () => {
    expect(rows(null, 1e6, 0, 5)[0]?.verdict).toBe('pass');
    expect(judgeQuotas(undefined, {}, { cores: 1 })).toEqual([
      { name: 'cores', limit: null, used: null, reserved: 0, needed: 1, verdict: 'unknown' },
    ]);
  });

  it('that the plan does not touch is not judged, even when it is exceeded', () => {
    expect(judgeQuotas({ cores: { limit: 1, used: 5 } }, {}, { cores: 0 })).toEqual([]);
  });

  it('is ample when as many plans as are asked about fit together', () => {
    fc.assert(
      fc.property(
        fc.nat(10_000),
        fc.nat(100),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 64 }),
        (limit, used, needed, most) => {
          fc.pre(isAmple(rows(limit, used, 0, needed), most));
          expect(rows(limit, used, needed * (most - 1), needed)[0]?.verdict).toBe('pass');
        },
      ),
    );
    expect(isAmple(rows(10, 0, 0, 1), 11)).toBe(false);
    expect(isAmple(rows(null, 0, 0, 1), 64)).toBe(true);
  });

  it('is told with every number', () => {
    expect(sayQuota(rows(10, 4, 3, 5)[0]!)).toBe(
      'instances: 4 used + 3 reserved + 5 needed is more than the limit of 10',
    );
  });
});

describe('a node', () => {
  const quotas = judgeQuotas(
    { instances: { limit: 1, used: 1 }, ports: { limit: null, used: 3 } },
    {},
    { instances: 1, ports: 2 },
  );

  it('fails over the quotas that it takes from and no others', () => {
    const image = { what: 'image', verdict: 'pass', reason: 'it exists' } as const;
    expect(judgeNode('server/web/1', [image], { instances: 1, ports: 1 }, quotas)).toMatchObject({
      verdict: 'fail',
      checks: [image, { what: 'quota', verdict: 'fail', reason: expect.stringContaining('instances') }],
    });
    expect(judgeNode('interface/web', [], { ports: 1 }, quotas).verdict).toBe('pass');
    expect(judgeNode('network', [], {}, quotas)).toEqual({ key: 'network', checks: [], verdict: 'pass' });
  });

  it('is as good as the worst of its checks, and unknown is no failure', () => {
    expect([worst(['pass', 'unknown', 'fail']), worst(['pass', 'unknown']), worst([])]).toEqual([
      'fail',
      'unknown',
      'pass',
    ]);
  });
});
