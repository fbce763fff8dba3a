/**
 * Seeing before: what the cloud's own facts say about a request, and that it is refused before anything is made when it
 * surely cannot work.
 */

import { describe, expect, it } from 'vitest';
import type { DeploymentAccepted, DryRun } from '../../src/contract/deployment.ts';
import { expectProblem } from './api.ts';
import type { HouseOnSite } from './house-on-site.ts';

export function describeSeeingBefore(house: () => HouseOnSite): void {
  const order = (name: string, cloud_region: string, parameters: object) => ({
    body: { name, template: 'small-stack', cloud_region, parameters },
  });

  /** A cloud that has not told its quotas yet refuses nothing. */
  const tellsItsQuotas = async (region: string): Promise<void> => {
    const verdicts = async () => {
      const request = order('asked', region, { web_count: 1 });
      const { body } = await house().api.ask<DryRun>('POST', '/deployments?dry_run=true', request);
      return body.plan.quota?.map(({ verdict }) => verdict) ?? ['unknown'];
    };
    await expect.poll(verdicts, { timeout: 60_000 }).not.toContain('unknown');
  };

  describe('what surely cannot work', () => {
    it('for want of a flavor is refused at the parameter that names it, and nothing is made', async () => {
      const { api, projects } = house();
      const answer = await api.ask('POST', '/deployments', order('no-such-flavor', 'us-west-1', { flavor: 'm9.huge' }));
      const [fault, ...more] = expectProblem(answer, 422, 'infeasible');
      expect([fault, more]).toMatchObject([
        { pointer: '/parameters/flavor', value: 'm9.huge', detail: expect.stringContaining('m9.huge') },
        [],
      ]);
      expect((await projects['us-west-1'].contents()).filter((name) => name.includes('no-such-flavor'))).toEqual([]);
    });

    it('for want of quota is refused with its figures, and together accepted once, however many ask at the same moment', async () => {
      const { api, projects } = house();
      await tellsItsQuotas('tight');
      const alone = await api.ask('POST', '/deployments', order('too-much', 'tight', { web_count: 3 }));
      expect(expectProblem(alone, 409, 'quota_exceeded')).toMatchObject([
        { value: { quota: 'instances', limit: 2, used: 0, reserved: 0, needed: 3, reserved_by: [] } },
      ]);
      const asked = await Promise.all(
        ['one', 'two', 'three', 'four'].map((name) =>
          api.ask<DeploymentAccepted>('POST', '/deployments', order(`fits-${name}`, 'tight', { web_count: 2 })),
        ),
      );
      expect(asked.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 409, 409, 409]);
      const { id } = asked.find(({ status }) => status === 202)!.body;
      expect((await api.settled(id)).status).toBe('COMPLETED');
      expectProblem(
        await api.ask('POST', '/deployments', order('one-more', 'tight', { web_count: 1 })),
        409,
        'quota_exceeded',
      );
      await api.ask('DELETE', `/deployments/${id}`);
      expect((await api.settled(id)).status).toBe('DELETED');
      expect(await projects.tight.contents(id)).toEqual([]);
    });
  });

  describe('a dry run', () => {
    it('tells of every node whether it can be, of the whole what it takes and costs, and can be applied as shown', async () => {
      const { api } = house();
      const request = order('as-shown', 'us-west-1', { web_count: 2 });
      const { body: shown } = await api.ask<DryRun>('POST', '/deployments?dry_run=true', request);
      const server = shown.plan.nodes.find(({ key }) => key === 'server/web/1');
      const passed = (server?.checks ?? []).filter(({ verdict }) => verdict === 'pass').map(({ what }) => what);
      expect(passed).toEqual(expect.arrayContaining(['flavor', 'image', 'quota']));
      expect(server?.cost).toMatchObject({ currency: 'EUR', per_hour: 0.02, per_month: 14.6 });
      expect(shown.plan.cost).toMatchObject({ per_hour: 0.04, per_month: 29.2 });
      expect(shown.plan.quota).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ name: 'instances', limit: 100, needed: 2, verdict: 'pass' }),
        ]),
      );
      const path = `/deployments?plan_id=${shown.plan_id}`;
      const applied = await api.ask<DeploymentAccepted>('POST', path);
      expect([applied.status, applied.body]).toMatchObject([202, { name: 'as-shown' }]);
      expectProblem(await api.ask('POST', path), 409, 'plan_applied');
      const done = await api.settled(applied.body.id);
      expect([done.status, done.resources.vm_ids.length]).toEqual(['COMPLETED', 2]);
      await api.ask('DELETE', `/deployments/${done.id}`);
      expect((await api.settled(done.id)).status).toBe('DELETED');
    });
  });
}
