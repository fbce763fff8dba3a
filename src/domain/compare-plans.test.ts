import { describe, expect, it } from 'vitest';
import { comparePlans } from './compare-plans.ts';
import { nodeDuration, planDuration } from './expected-duration.ts';
import { locateCheck } from './locate-check.ts';
import type { Plan, PlanNode } from './plan.ts';

function node(key: string, more: Partial<PlanNode> = {}): PlanNode {
  const usual = { action: 'present', kind: 'x.server', region: 'here', dependsOn: [], estimateMs: 10 } as const;
  return { key, wanted: { flavor: 'small', metadata: { tier: 'web' } }, estimateFrom: 'default', ...usual, ...more };
}
const plan = (...nodes: PlanNode[]): Plan => ({ nodes, failurePolicy: 'rollback' });

describe('two plans', () => {
  it('that do the same do not differ, whatever they expect and in whatever order keys were stored', () => {
    const shown = plan(node('a', { wanted: { metadata: { tier: 'web' }, flavor: 'small' } }));
    expect(
      comparePlans(shown, plan(node('a', { estimateMs: 99, estimateFrom: 'history', uses: { cores: 1 } }))),
    ).toEqual([]);
  });

  it('differ in nodes that came, went and changed, field by field', () => {
    const shown = plan(node('a'), node('b'), node('gone', { action: 'absent' }));
    const now = plan(
      node('a', { wanted: { flavor: 'large', metadata: { tier: 'web', x: '1' } } }),
      node('b'),
      node('new'),
    );
    expect(comparePlans(shown, now)).toEqual([
      {
        key: 'a',
        difference: 'changed',
        fields: [
          { field: 'wanted.flavor', from: 'small', to: 'large' },
          { field: 'wanted.metadata.x', from: null, to: '1' },
        ],
      },
      { key: 'new', difference: 'added', action: 'present' },
      { key: 'gone', difference: 'removed', action: 'absent' },
    ]);
  });
});

describe('the expected duration', () => {
  const past = new Map([['here x.server present', { p50: 1000.4, p90: 4000, p99: 9000, count: 7 }]]);

  it('goes along the critical path, at the median and at the 90th percentile', () => {
    const nodes = [
      node('a', { estimateMs: 1000 }),
      node('b', { estimateMs: 1000, dependsOn: ['a'] }),
      node('c', { estimateMs: 1000 }),
    ];
    expect(planDuration(nodes, past)).toEqual({ p50Ms: 2000, p90Ms: 8000, withoutHistory: [] });
    expect(nodeDuration(nodes[0]!, past)).toEqual({ p50Ms: 1000, p90Ms: 4000, samples: 7 });
  });

  it('says what it has no history of', () => {
    const nodes = [node('a'), node('b', { action: 'absent' })];
    expect(planDuration(nodes, past)).toMatchObject({ p90Ms: null, withoutHistory: ['x.server absent'] });
    expect(nodeDuration(nodes[1]!, past)).toEqual({ p50Ms: null, p90Ms: null, samples: 0 });
  });
});

describe('a failed check', () => {
  const template = {
    vm_config: { 'a~b': { flavor: '${size}', image: 'linux' } },
    network_config: { router: { external_network: 'public' } },
  };

  it('points at the parameter that fills the field, or at the field', () => {
    expect(locateCheck('server/a~b/1', 'flavor', template)).toBe('/parameters/size');
    expect(locateCheck('server/a~b/1', 'host_capacity', template)).toBe('/parameters/size');
    expect(locateCheck('server/a~b/1', 'image', template)).toBe('/template/vm_config/a~0b/image');
    expect(locateCheck('router', 'external_network', template)).toBe(
      '/template/network_config/router/external_network',
    );
    expect(locateCheck('subnet/x', 'anything', template)).toBe('/template/network_config/subnets/x');
    expect(locateCheck('server/a~b/1', 'anything', template)).toBe('/template/vm_config/a~0b');
  });
});
