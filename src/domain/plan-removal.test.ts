import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planDeployment } from './plan-deployment.ts';
import { planDelete, planRollback } from './plan-removal.ts';
import { inDependencyOrder, type Plan } from './plan.ts';
import type { Resource, ResourceState } from './resource.ts';
import { validTemplate } from './testing/arbitrary-template.ts';
import { ledgerOf, resourceOf } from './testing/ledger.ts';

const DEPLOYMENT = { id: 'id', name: 'job', region: 'here', provider: 'memory', failurePolicy: 'rollback' } as const;
const STATES: readonly (ResourceState | undefined)[] = ['creating', 'present', 'deleting', 'deleted', undefined];

/** A plan, and a ledger as if it had been executed up to some point and partly undone. */
const executed: fc.Arbitrary<{ plan: Plan; ledger: Resource[] }> = fc
  .record({ template: validTemplate, fates: fc.array(fc.constantFrom(...STATES), { minLength: 80, maxLength: 80 }) })
  .map(({ template, fates }) => {
    const plan = planDeployment(DEPLOYMENT, template, new Map());
    const placeOf = new Map(plan.nodes.map(({ key }, index) => [key, index]));
    return { plan, ledger: ledgerOf(plan, (key) => fates[(placeOf.get(key) ?? 0) % fates.length]) };
  });

const living = (ledger: readonly Resource[]): Resource[] => ledger.filter(({ state }) => state !== 'deleted');

describe('planDelete', () => {
  it('removes exactly what lives', () => {
    fc.assert(
      fc.property(executed, ({ ledger }) => {
        const { nodes, failurePolicy } = planDelete(ledger, new Map());
        expect(nodes.map(({ key }) => key).toSorted()).toEqual(
          living(ledger)
            .map(({ key }) => key)
            .toSorted(),
        );
        expect(nodes.every(({ action }) => action === 'absent')).toBe(true);
        expect(failurePolicy).toBe('continue');
      }),
    );
  });

  it('reverses every dependency between living resources, and has no other', () => {
    fc.assert(
      fc.property(executed, ({ ledger }) => {
        const alive = new Set(living(ledger).map(({ key }) => key));
        const reversed = living(ledger).flatMap(({ key, dependsOn }) =>
          dependsOn.filter((foundation) => alive.has(foundation)).map((foundation) => `${foundation} after ${key}`),
        );
        const { nodes } = planDelete(ledger, new Map());
        const planned = nodes
          .filter(({ key }) => alive.has(key))
          .flatMap(({ key, dependsOn }) => dependsOn.map((first) => `${key} after ${first}`));
        expect(planned.toSorted()).toEqual(reversed.toSorted());
        expect(() => inDependencyOrder(nodes)).not.toThrow();
      }),
    );
  });

  it('of an empty ledger has nothing to do', () => {
    expect(planDelete([resourceOf('network', { state: 'deleted' })], new Map()).nodes).toEqual([]);
  });
});

describe('planRollback', () => {
  it('removes what its run brought in and nothing of another', () => {
    const ledger = [
      resourceOf('network', { runId: 'run-1' }),
      resourceOf('subnet/a', { runId: 'run-2', dependsOn: ['network'] }),
      resourceOf('server/a/1', { runId: 'run-2', dependsOn: ['subnet/a'] }),
    ];
    const { nodes } = planRollback(ledger, 'run-2', new Map());
    expect(nodes.map(({ key, dependsOn }) => [key, dependsOn])).toEqual([
      ['server/a/1', []],
      ['subnet/a', ['server/a/1']],
    ]);
  });
});
