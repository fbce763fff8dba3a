import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkTemplate } from './check-template.ts';
import { contains, parseRange } from './network-layout.ts';
import { planDeployment } from './plan-deployment.ts';
import { criticalPathMs, type Plan, type PlanNode } from './plan.ts';
import type { TemplateBody } from './template.ts';
import { subnetOfTier } from './tier-subnet.ts';
import { AMPLE, validTemplate } from './testing/arbitrary-template.ts';

const DEPLOYMENT = { id: 'id', name: 'job', region: 'here', provider: 'memory', failurePolicy: 'rollback' } as const;
const plan = (template: TemplateBody): Plan => planDeployment(DEPLOYMENT, template, new Map());
const forEveryPlan = (property: (made: Plan, template: TemplateBody) => void): void =>
  fc.assert(
    fc.property(validTemplate, (template) => property(plan(template), template)),
    { numRuns: 200 },
  );

function ofKind({ nodes }: Plan, noun: string): PlanNode[] {
  return nodes.filter((node) => node.kind === `memory.${noun}`);
}

describe('the generator of these tests', () => {
  it('makes templates without a fault', () => {
    fc.assert(
      fc.property(validTemplate, (template) => {
        expect(checkTemplate(template, AMPLE, 'merged')).toEqual([]);
      }),
    );
  });
});

describe('the plan of any valid template', () => {
  it('has unique keys, and each node comes after all that it depends on', () => {
    forEveryPlan(({ nodes }) => {
      const seen = new Set<string>();
      for (const { key, dependsOn } of nodes) {
        expect(dependsOn.filter((name) => !seen.has(name))).toEqual([]);
        expect(seen.has(key)).toBe(false);
        seen.add(key);
      }
    });
  });

  it('refers only to outputs of nodes that come before', () => {
    forEveryPlan(({ nodes }) => {
      const before = new Map(nodes.map((node) => [node.key, ancestorsOf(node, nodes)]));
      for (const { key, wanted } of nodes) {
        expect([...referencesIn(wanted)].filter((name) => !before.get(key)?.has(name))).toEqual([]);
      }
    });
  });

  it('has as many servers as the counts say, and what the network asks for', () => {
    forEveryPlan((made, { vm_config, network_config }) => {
      const subnets = Object.keys(network_config.subnets).length;
      const servers = Object.values(vm_config).reduce((sum, { count }) => sum + count, 0);
      const routers = network_config.router ? 1 : 0;
      expect(
        ['network', 'subnet', 'router', 'router-interface', 'server'].map((noun) => ofKind(made, noun).length),
      ).toEqual([1, subnets, routers, routers * subnets, servers]);
      expect(made.nodes).toHaveLength(1 + subnets + routers + routers * subnets + servers);
    });
  });

  it('gives each server an address of its own inside its own subnet, and never the gateway or broadcast', () => {
    forEveryPlan((made, template) => {
      const given = new Set<string>();
      for (const { key, wanted, dependsOn } of ofKind(made, 'server')) {
        const [, tier = ''] = key.split('/');
        const subnet = subnetOfTier(tier, template.vm_config[tier] ?? {}, template.network_config) ?? '';
        const range = parseRange(template.network_config.subnets[subnet] ?? '');
        const address = parseRange(`${String(wanted['fixed_ip'])}/32`);
        if (!range || !address) throw new Error(`${key} has no readable subnet and address`);
        expect(dependsOn).toEqual([`subnet/${subnet}`]);
        expect(contains(range, address)).toBe(true);
        expect([range.first, range.first + 1, range.last]).not.toContain(address.first);
        expect(given.has(address.cidr)).toBe(false);
        given.add(address.cidr);
      }
    });
  });

  it('is the same when it is made again', () => {
    fc.assert(
      fc.property(validTemplate, (template) => {
        expect(plan(structuredClone(template))).toEqual(plan(template));
      }),
    );
  });

  it('takes as long as its longest chain, which is never longer than all nodes together', () => {
    forEveryPlan(({ nodes }) => {
      const longest = criticalPathMs(nodes);
      expect(longest).toBeLessThanOrEqual(nodes.reduce((sum, node) => sum + node.estimateMs, 0));
      expect(longest).toBeGreaterThanOrEqual(Math.max(...nodes.map((node) => node.estimateMs)));
    });
  });
});

describe('a plan', () => {
  const template: TemplateBody = {
    vm_config: { web: { flavor: 'small', image: 'linux', count: 2, metadata: { team: 'a', deployment_id: 'forged' } } },
    network_config: { cidr: '10.0.0.0/16', subnets: { web: '10.0.1.0/24' }, router: {} },
  };

  it('tells servers who they belong to, whatever the template says', () => {
    const [server] = ofKind(plan(template), 'server');
    expect(server?.wanted['metadata']).toEqual({ team: 'a', deployment_id: 'id', groundwork_tier: 'web' });
  });

  it('takes its estimates from history where there is one', () => {
    const past = new Map([['here memory.server present', { p50: 1234.6, p90: 2000, p99: 2500, count: 3 }]]);
    const { nodes } = planDeployment(DEPLOYMENT, template, past);
    expect(nodes.find(({ key }) => key === 'server/web/1')).toMatchObject({
      estimateMs: 1235,
      estimateFrom: 'history',
    });
    expect(nodes.find(({ key }) => key === 'network')).toMatchObject({ estimateMs: 1000, estimateFrom: 'default' });
  });

  it('asks for interfaces before servers, and for the router without waiting for the network', () => {
    const { nodes } = plan(template);
    expect(nodes.map(({ key }) => key)).toEqual([
      'router',
      'network',
      'subnet/web',
      'interface/web',
      'server/web/1',
      'server/web/2',
    ]);
    expect(nodes[0]?.dependsOn).toEqual([]);
  });

  it('of a template that was never checked fails loudly', () => {
    const broken = {
      ...template,
      network_config: { cidr: '10.0.0.0/16', subnets: { a: '10.0.1.0/24', b: '10.0.2.0/24' } },
    };
    expect(() => plan(broken)).toThrow(/tier web has no subnet/);
  });
});

function ancestorsOf(node: PlanNode, nodes: readonly PlanNode[]): Set<string> {
  const direct = nodes.filter(({ key }) => node.dependsOn.includes(key));
  return new Set(direct.flatMap((one) => [one.key, ...ancestorsOf(one, nodes)]));
}

function* referencesIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  if ('$output' in value && Array.isArray(value.$output)) yield String(value.$output[0]);
  else for (const inner of Object.values(value)) yield* referencesIn(inner);
}
