import { expect, it } from 'vitest';
import type { DeploymentView } from '../ports/store.ts';
import { deploymentOf } from './deployment-view.ts';

const fact = (key: string, providerId: string | null = key) =>
  ({ key, state: 'present', providerId, name: `name of ${key}`, ip: null }) as const;

const resourcesOf = (resources: DeploymentView['resources']) => {
  const deployment = { conditions: [], createdAt: '', updatedAt: '' } as unknown as DeploymentView['deployment']; // the rest is copied
  return deploymentOf({ deployment, run: null, resources }, 0).resources;
};

it('shows servers by tier and number, not by text, and those that are still to come without id', () => {
  const shown = resourcesOf([fact('server/web/10'), fact('server/web/2'), fact('server/app/1', null), fact('network')]);
  expect(shown.vm_ids).toEqual(['server/web/2', 'server/web/10']);
  expect(shown.tiers['web']?.map(({ ordinal }) => ordinal)).toEqual([2, 10]);
  expect(shown.tiers['app']).toMatchObject([{ vm_id: null, name: 'name of server/app/1' }]);
  expect([shown.network_id, shown.router_id]).toEqual(['network', null]);
});

it('takes a tier by any name that a template allows', () => {
  expect(Object.keys(resourcesOf([fact('server/constructor/1'), fact('server/constructor/2')]).tiers)).toEqual([
    'constructor',
  ]);
});
