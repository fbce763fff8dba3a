import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeBudget } from './budget.ts';
import { addFlavors, type Cost, costOf, costOfOne, perMonth, planCost } from './cost.ts';
import { amountOf, decimalOf } from './money.ts';
import type { PlanNode } from './plan.ts';

const PRICES = { currency: 'EUR', flavors: { small: 0.04, large: 0.31 } };

function node(key: string, action: PlanNode['action'], wanted: PlanNode['wanted'] = {}): PlanNode {
  return {
    key,
    action,
    kind: 'x.server',
    region: 'here',
    wanted,
    dependsOn: [],
    estimateMs: 0,
    estimateFrom: 'default',
  };
}

const say = ({ perHour, unpriced }: Cost) => (perHour === undefined ? unpriced : decimalOf(perHour));

describe('the cost of a plan', () => {
  it('is the sum of its servers, exactly', () => {
    const nodes = [
      node('network', 'present', { name: 'n' }),
      ...Array.from({ length: 30 }, (_, index) => node(`server/web/${index}`, 'present', { flavor: 'small' })),
    ];
    const { today, after, difference } = planCost(nodes, [], PRICES);
    expect([today, after, difference].map(say)).toEqual(['0', '1.2', '1.2']);
    expect(decimalOf(perMonth(after.perHour!))).toBe('876');
  });

  it('of a change tells today, afterwards and the difference', () => {
    const standing = [1, 2, 3].map((ordinal) => ({ key: `server/web/${ordinal}`, wanted: { flavor: 'small' } }));
    const nodes = [
      node('server/web/1', 'update', { flavor: 'large' }),
      node('server/web/3', 'absent'),
      node('server/web/4', 'present', { flavor: 'small' }),
    ];
    const { today, after, difference } = planCost(nodes, standing, PRICES);
    expect([today, after, difference].map(say)).toEqual(['0.12', '0.39', '0.27']);
  });

  it('is unknown as soon as one flavor has no price, and names it', () => {
    const nodes = [
      node('server/web/1', 'present', { flavor: 'small' }),
      node('server/db/1', 'present', { flavor: 'odd' }),
    ];
    expect(say(planCost(nodes, [], PRICES).after)).toEqual(['odd']);
    expect(say(planCost(nodes, [], undefined).after)).toEqual(['odd', 'small']);
    expect(say(costOf(new Map([['toString', 1]]), PRICES))).toEqual(['toString']);
  });

  it('differs by what changes alone: a flavor without a price that stays is no reason not to know', () => {
    const standing = [{ key: 'server/db/1', wanted: { flavor: 'odd' } }];
    const { after, difference } = planCost([node('server/web/1', 'present', { flavor: 'small' })], standing, PRICES);
    expect([say(after), say(difference)]).toEqual([['odd'], '0.04']);
  });

  it('is nothing for what has no flavor', () => {
    expect(costOfOne({ name: 'n' }, PRICES)).toBeUndefined();
  });

  it('of several parts is the cost of their sum', () => {
    const counts = fc.array(
      fc.record({ flavor: fc.constantFrom('small', 'large'), count: fc.integer({ min: -50, max: 50 }) }),
    );
    fc.assert(
      fc.property(counts, (all) => {
        const maps = all.map(({ flavor, count }) => new Map([[flavor, count]]));
        const apart = maps.reduce((sum, one) => sum + costOf(one, PRICES).perHour!, 0n);
        expect(costOf(addFlavors(...maps), PRICES).perHour).toBe(apart);
      }),
    );
  });
});

describe('a budget', () => {
  const budget = { amount_per_month: 100, currency: 'EUR' };
  const hourly = (perHour: number): Cost => ({ perHour: amountOf(perHour), unpriced: [] });
  const unknown: Cost = { perHour: undefined, unpriced: ['odd'] };
  const judge = (running: Cost, accepted: Cost, added: Cost, currency: string | undefined = 'EUR') =>
    judgeBudget({ of: 'region', budget, currency, running, accepted, added });

  it('is kept up to the last cent and not a cent beyond', () => {
    const exact = { amount_per_month: 29.2, currency: 'EUR' };
    const spending = {
      of: 'region',
      budget: exact,
      currency: 'EUR',
      running: hourly(0.01),
      accepted: hourly(0.02),
    } as const;
    expect(judgeBudget({ ...spending, added: hourly(0.01) }).verdict).toBe('pass');
    const over = judgeBudget({ ...spending, added: hourly(0.010000001) });
    expect(over.verdict).toBe('fail');
    expect(over.reason).toBe(
      '7.3 running + 14.6 accepted + 7.30000073 by this plan = 29.20000073 is over the budget of 29.2 EUR a month',
    );
  });

  it('counts what cannot be told as over', () => {
    expect(judge(hourly(0), hourly(0), unknown)).toMatchObject({
      verdict: 'fail',
      reason: 'odd has no price, so the budget of 100 EUR a month cannot be kept',
    });
    expect(judge(unknown, hourly(0), hourly(0.01)).verdict).toBe('fail');
  });

  it('of another currency is kept by nothing', () => {
    expect(judge(hourly(0), hourly(0), hourly(0.01), 'USD')).toMatchObject({
      verdict: 'fail',
      reason: 'prices are in USD, the budget of 100 EUR a month is not',
    });
  });

  it('never stands in the way of a plan that adds nothing', () => {
    expect(judge(hourly(9), hourly(9), hourly(-1)).verdict).toBe('pass');
    expect(judge(unknown, unknown, hourly(0)).verdict).toBe('pass');
  });
});
