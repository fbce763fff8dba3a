import { describe, expect, it } from 'vitest';
import type { Difference } from './difference.ts';
import type { RecordedFinding } from './drift.ts';
import type { Plan } from './plan.ts';
import { planDeployment } from './plan-deployment.ts';
import { planHeal } from './plan-heal.ts';
import { type Resource, resolveReferences } from './resource.ts';
import type { TemplateBody } from './template.ts';
import { resourceOf } from './testing/ledger.ts';

const DEPLOYMENT = { id: 'id', name: 'job', region: 'here', provider: 'memory', failurePolicy: 'rollback' } as const;
const CONFIG: TemplateBody = {
  vm_config: { web: { flavor: 'small', image: 'linux', count: 2 }, db: { flavor: 'small', image: 'linux', count: 1 } },
  network_config: { cidr: '10.0.0.0/16', subnets: { web: '10.0.1.0/24', db: '10.0.2.0/24' }, router: {} },
};

/** As after a deploy. */
const LEDGER = planDeployment(DEPLOYMENT, CONFIG, new Map()).nodes.reduce<Resource[]>((rows, node) => {
  const { key, kind, dependsOn } = node;
  const wanted = resolveReferences(node.wanted, (other) => rows.find((row) => row.key === other));
  return [...rows, resourceOf(key, { kind, dependsOn, wanted })];
}, []);

const GONE: Difference = { field: 'id', wanted: 'x', actual: null, fix: 'replace' };
const STOPPED: Difference = { field: 'status', wanted: 'ACTIVE', actual: 'SHUTOFF', fix: 'update' };
const RESIZED: Difference = { field: 'flavor', wanted: 'small', actual: 'large', fix: 'update' };

const finding = (key: string, differences: Difference[], change: Partial<RecordedFinding> = {}): RecordedFinding => ({
  ...{ owner: 'id', key, kind: '', providerId: `id of ${key}`, type: 'missing', differences },
  ...{ accepted: [], firstSeen: '', lastSeen: '' },
  ...change,
});

const heal = (...findings: RecordedFinding[]): Plan =>
  planHeal(DEPLOYMENT, CONFIG, { ledger: LEDGER, durations: new Map(), updatable: () => ['flavor'] }, findings);
const does = (plan: Plan): string[] =>
  plan.nodes.map(({ key, action, replaces }) => `${replaces === undefined ? action : 'replace'} ${key}`).toSorted();

describe('planHeal', () => {
  it('does nothing where nothing differs, and goes on after a failure', () => {
    expect(heal()).toEqual({ nodes: [], failurePolicy: 'continue' });
  });

  it('replaces what is missing and sets right in place what can be', () => {
    const plan = heal(finding('server/web/2', [GONE]), finding('server/db/1', [STOPPED], { type: 'stopped' }));
    expect(does(plan)).toEqual(['replace server/web/2', 'update server/db/1']);
    expect(plan.nodes.find(({ key }) => key === 'server/web/2')?.reason).toBe('it is missing in the cloud');
    expect(plan.nodes.find(({ key }) => key === 'server/db/1')?.reason).toBe('status is SHUTOFF instead of ACTIVE');
  });

  it('replaces everything that stands on what is missing, each after what it stands on', () => {
    const plan = heal(finding('subnet/web', [GONE]));
    expect(does(plan)).toEqual(
      ['interface/web', 'server/web/1', 'server/web/2', 'subnet/web'].map((key) => `replace ${key}`),
    );
    const order = plan.nodes.map(({ key }) => key);
    expect(order.indexOf('subnet/web')).toBe(0);
    expect(plan.nodes.find(({ key }) => key === 'server/web/2')?.dependsOn).toContain('subnet/web');
    expect(does(heal(finding('network', [GONE])))).toHaveLength(LEDGER.length - 1);
  });

  it('makes what a run left half made or has removed without a successor', () => {
    const ledger = LEDGER.flatMap((row): Resource[] => {
      if (row.key === 'server/web/1') return [];
      return row.key === 'server/web/2' ? [{ ...row, state: 'creating' }] : [row];
    });
    const plan = planHeal(DEPLOYMENT, CONFIG, { ledger, durations: new Map(), updatable: () => [] }, []);
    expect(does(plan)).toEqual(['present server/web/1', 'replace server/web/2']);
  });

  it('leaves what was accepted: wholly, or of a resource that is healed for another reason', () => {
    const accepted = { type: 'stopped', accepted: [STOPPED] } as const;
    expect(heal(finding('server/db/1', [STOPPED], accepted)).nodes).toEqual([]);
    expect(heal(finding('network', [GONE], { accepted: [GONE] })).nodes).toEqual([]);
    const [node] = heal(finding('server/db/1', [STOPPED, RESIZED], accepted)).nodes;
    expect(node).toMatchObject({ action: 'update', leave: ['status'], reason: 'flavor is large instead of small' });
  });

  it('needs no node for an extra object', () => {
    const extra: Difference = { field: 'id', wanted: null, actual: 'twin', fix: 'update' };
    expect(heal(finding('network', [extra], { type: 'extra', providerId: 'twin' })).nodes).toEqual([]);
  });
});
