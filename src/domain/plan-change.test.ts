import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GroundworkError } from './errors.ts';
import { type Known, planChange } from './plan-change.ts';
import { planDeployment } from './plan-deployment.ts';
import { inDependencyOrder, type Plan } from './plan.ts';
import { type Resource, resolveReferences } from './resource.ts';
import type { TemplateBody } from './template.ts';
import { validTemplate } from './testing/arbitrary-template.ts';
import { resourceOf } from './testing/ledger.ts';

const DEPLOYMENT = { id: 'id', name: 'job', region: 'here', provider: 'memory', failurePolicy: 'rollback' } as const;
const UPDATABLE: Readonly<Record<string, readonly string[]>> = {
  'memory.server': ['flavor', 'security_groups', 'metadata', 'name'],
};

const known = (ledger: readonly Resource[], more: Partial<Known> = {}): Known => ({
  ledger,
  durations: new Map(),
  updatable: (kind) => UPDATABLE[kind] ?? [],
  ...more,
});
const change = (config: TemplateBody, ledger: readonly Resource[], more: Partial<Known> = {}): Plan =>
  planChange(DEPLOYMENT, config, known(ledger, more));

let clock = 0;

/** The ledger after a plan was executed without a failure. */
function after(plan: Plan, ledger: readonly Resource[]): Resource[] {
  const rows = new Map(ledger.map((row) => [row.key, row]));
  for (const node of plan.nodes) {
    const { key, kind, dependsOn, builtUpon = dependsOn } = node;
    const standing = rows.get(key);
    if (node.action === 'absent') {
      rows.delete(key);
      continue;
    }
    clock += 1;
    const generation = node.action === 'update' ? standing?.generation : (standing?.generation ?? 0) + 1;
    const wanted = resolveReferences(node.wanted, (other) => rows.get(other));
    const createdAt = new Date(clock).toISOString();
    const providerId = `id of ${key} ${generation}`;
    rows.set(
      key,
      resourceOf(key, { kind, wanted, providerId, generation: generation ?? 1, dependsOn: builtUpon, createdAt }),
    );
  }
  return [...rows.values()];
}

const deployed = (config: TemplateBody): Resource[] => after(planDeployment(DEPLOYMENT, config, new Map()), []);
const does = (plan: Plan): [string, string][] => plan.nodes.map(({ key, action }) => [key, action]);

const CONFIG: TemplateBody = {
  vm_config: {
    web: { flavor: 'small', image: 'linux', count: 3 },
    db: { flavor: 'small', image: 'linux', count: 1 },
  },
  network_config: { cidr: '10.0.0.0/16', subnets: { web: '10.0.1.0/24', db: '10.0.2.0/24' }, router: {} },
};
const withWeb = (web: object): TemplateBody => ({
  ...CONFIG,
  vm_config: { ...CONFIG.vm_config, web: { flavor: 'small', image: 'linux', count: 3, ...web } },
});

describe('the plan from any deployment to any other', () => {
  /** A subnet that is full with what is to go is refused, which has a test of its own. */
  const pairs = fc.record({ from: validTemplate, to: validTemplate }).filter(({ from, to }) => {
    try {
      return change(to, deployed(from)).nodes.length >= 0;
    } catch (error) {
      if (error instanceof GroundworkError && error.code === 'not_possible_now') return false;
      throw error;
    }
  });

  it('leads there: once it is executed, nothing is left to do', () => {
    fc.assert(
      fc.property(pairs, ({ from, to }) => {
        const ledger = deployed(from);
        const reached = after(change(to, ledger), ledger);
        expect(does(change(to, reached))).toEqual([]);
      }),
    );
  });

  it('to itself is empty', () => {
    fc.assert(
      fc.property(validTemplate, (config) => {
        expect(change(config, deployed(config)).nodes).toEqual([]);
      }),
    );
  });

  it('has every key once and in an order in which it can be done', () => {
    fc.assert(
      fc.property(pairs, ({ from, to }) => {
        const { nodes } = change(to, deployed(from));
        expect(inDependencyOrder(nodes)).toHaveLength(nodes.length);
        expect(new Set(nodes.map(({ key }) => key)).size).toBe(nodes.length);
      }),
    );
  });

  it('gives every server an address of its own', () => {
    fc.assert(
      fc.property(pairs, ({ from, to }) => {
        const ledger = deployed(from);
        const addresses = after(change(to, ledger), ledger).flatMap(({ wanted }) => wanted['fixed_ip'] ?? []);
        expect(new Set(addresses).size).toBe(addresses.length);
      }),
    );
  });

  it('records for each resource what it stands on, whether that is in the plan or not', () => {
    fc.assert(
      fc.property(pairs, ({ from, to }) => {
        const ledger = deployed(from);
        const way = after(change(to, ledger), ledger);
        const fresh = new Map(deployed(to).map((row) => [row.key, row.dependsOn]));
        for (const row of way) {
          const direct = fresh.get(row.key);
          if (direct) expect(row.dependsOn.toSorted()).toEqual(direct.toSorted());
        }
      }),
    );
  });
});

describe('a change', () => {
  it('of a field that a living object takes is made in place, and says what it changes', () => {
    const { nodes } = change(withWeb({ flavor: 'large' }), deployed(CONFIG));
    expect(nodes.map(({ key, action }) => [key, action])).toEqual([
      ['server/web/1', 'update'],
      ['server/web/2', 'update'],
      ['server/web/3', 'update'],
    ]);
    expect(nodes[0]?.changes).toEqual([{ field: 'flavor', from: 'small', to: 'large' }]);
  });

  it('that takes servers out of service goes through a tier one at a time, or as many as are allowed', () => {
    const order = (maxUnavailable?: number): (readonly string[])[] =>
      change(
        withWeb({ image: 'newer' }),
        deployed(CONFIG),
        maxUnavailable === undefined ? {} : { maxUnavailable },
      ).nodes.map(({ dependsOn }) => dependsOn);
    expect(order()).toEqual([[], ['server/web/1'], ['server/web/2']]);
    expect(order(2)).toEqual([[], [], ['server/web/1']]);
    expect(order(5)).toEqual([[], [], []]);
  });

  it('is refused while a subnet is full with servers that are to go', () => {
    const tier = { flavor: 'small', image: 'linux', count: 3 };
    const network_config = { cidr: '10.0.0.0/16', subnets: { web: '10.0.1.0/29' } };
    const ledger = deployed({ vm_config: { web: tier }, network_config });
    const other = { vm_config: { app: { ...tier, subnet: 'web' } }, network_config };
    expect(() => change(other, ledger)).toThrow(/no free address as long as the servers stand that are to go/);
  });

  it('of metadata disturbs nobody and so is made everywhere at once', () => {
    const { nodes } = change(withWeb({ metadata: { role: 'front' } }), deployed(CONFIG));
    expect(nodes.map(({ dependsOn }) => dependsOn)).toEqual([[], [], []]);
    expect(nodes[0]?.changes).toEqual([{ field: 'metadata.role', from: null, to: 'front' }]);
  });

  it('replaces the generation that stands', () => {
    const ledger = deployed(CONFIG).map((row) => ({ ...row, generation: row.key === 'server/web/1' ? 4 : 1 }));
    const { nodes } = change(withWeb({ image: 'newer' }), ledger);
    expect(nodes.map(({ replaces }) => replaces)).toEqual([4, 1, 1]);
  });

  it('takes away what is not wanted any more only when all else is done', () => {
    const { nodes } = change(withWeb({ count: 2, flavor: 'large' }), deployed(CONFIG));
    const removal = nodes.find(({ action }) => action === 'absent');
    expect(removal?.key).toBe('server/web/3');
    expect(removal?.dependsOn).toEqual(['server/web/1', 'server/web/2']);
  });

  it('removes the last created first, whatever their ordinals', () => {
    const ledger = deployed(CONFIG).map((row) =>
      row.key === 'server/web/1' ? { ...row, runId: 'run-2', createdAt: '2030-01-01T00:00:00.000Z' } : row,
    );
    expect(does(change(withWeb({ count: 2 }), ledger))).toEqual([['server/web/1', 'absent']]);
    expect(does(change(withWeb({ count: 4 }), ledger))).toEqual([['server/web/4', 'present']]);
  });

  it('removes the highest ordinals of those that one run created', () => {
    const ledger = deployed(CONFIG).map((row, index) => ({ ...row, createdAt: new Date(1000 - index).toISOString() }));
    expect(
      does(change(withWeb({ count: 1 }), ledger))
        .map(([key]) => key)
        .toSorted(),
    ).toEqual(['server/web/2', 'server/web/3']);
  });

  it('makes anew what was begun and not finished, what is broken, and what stands on it', () => {
    const begun = deployed(CONFIG).map((row) =>
      row.key === 'server/db/1' ? { ...row, state: 'creating' as const } : row,
    );
    expect(change(CONFIG, begun).nodes).toMatchObject([
      { key: 'server/db/1', action: 'present', replaces: 1, reason: 'it was begun and not finished' },
    ]);
    const broken = new Map([['subnet/db', 'it is missing']]);
    const { nodes } = change(CONFIG, deployed(CONFIG), { broken });
    expect(nodes.map(({ key, replaces }) => [key, replaces])).toEqual([
      ['subnet/db', 1],
      ['interface/db', 1],
      ['server/db/1', 1],
    ]);
    expect(nodes[2]).toMatchObject({ reason: 'it stands on subnet/db, which is made anew', dependsOn: ['subnet/db'] });
  });

  it('brings back in place what is not as the ledger says, and what an update left in between', () => {
    const drifted = new Map([['server/web/2', 'it is stopped']]);
    expect(change(CONFIG, deployed(CONFIG), { drifted }).nodes).toMatchObject([
      { key: 'server/web/2', action: 'update', reason: 'it is stopped' },
    ]);
    const between = deployed(CONFIG).map((row) =>
      row.key === 'server/web/1' ? { ...row, state: 'updating' as const } : row,
    );
    expect(does(change(CONFIG, between))).toEqual([['server/web/1', 'update']]);
  });
});
