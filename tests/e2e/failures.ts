/**
 * Deployments that the cloud refuses: what they tell, and that nothing of them remains.
 */

import { describe, expect, it } from 'vitest';
import type { Deployment, DeploymentAccepted } from '../../src/contract/deployment.ts';
import { expectProblem } from './api.ts';
import type { HouseOnSite, RegionName } from './house-on-site.ts';

export function describeFailures(house: () => HouseOnSite): void {
  /** What surely cannot work is refused before; told to go on regardless, it comes to the cloud's own refusal. */
  async function deploy(name: string, cloud_region: RegionName, more: object): Promise<Deployment> {
    const { api } = house();
    const body = { name, template: 'small-stack', cloud_region, ...more };
    const answer = await api.ask<DeploymentAccepted>('POST', '/deployments?skip_checks=true', { body });
    expect([answer.status, answer.body]).toEqual([202, answer.body]);
    return api.settled(answer.body.id);
  }

  async function deleteAgain({ id }: Deployment): Promise<void> {
    const { api } = house();
    expect((await api.ask('DELETE', `/deployments/${id}`)).status).toBe(202);
    expect((await api.settled(id)).status).toBe('DELETED');
  }

  describe('a deployment that the cloud refuses', () => {
    it('for its quota is rolled back and tells the words of the cloud', async () => {
      const { projects } = house();
      const failed = await deploy('too-many', 'small', { parameters: { web_count: 3 } });
      expect(failed).toMatchObject({
        status: 'FAILED',
        error: {
          type: 'QuotaExceeded',
          message: expect.stringMatching(/[Qq]uota exceeded/),
          failed_activity: expect.stringMatching(/^create openstack\.server server\/web\/[123]$/),
          rollback_completed: true,
          left_over: [],
          remedy: expect.stringMatching(/\w/),
        },
        resources: { network_id: null, subnet_ids: [], vm_ids: [], vm_ips: {} },
      });
      expect(await projects.small.contents()).toEqual([]);
      await deleteAgain(failed);
    });

    it('because no host has room is rolled back and tells the fault', async () => {
      const { projects } = house();
      const failed = await deploy('too-big', 'us-west-1', { parameters: { flavor: 'oslab.toobig' } });
      expect(failed.error).toMatchObject({
        type: 'NoValidHost',
        message: expect.stringContaining('No valid host was found.'),
        failed_activity: 'create openstack.server server/web/1',
        rollback_completed: true,
        left_over: [],
      });
      expect(await projects['us-west-1'].contents(failed.id)).toEqual([]);
      await deleteAgain(failed);
    });

    it('for a flavor that does not exist is rolled back and names the flavor', async () => {
      const { projects } = house();
      const failed = await deploy('no-flavor', 'us-west-1', { parameters: { flavor: 'm9.huge' } });
      expect(failed.error).toMatchObject({
        type: 'FlavorNotFound',
        message: expect.stringContaining('m9.huge'),
        rollback_completed: true,
        left_over: [],
      });
      expect(await projects['us-west-1'].contents(failed.id)).toEqual([]);
      await deleteAgain(failed);
    });
  });

  describe('a deployment that is held after a failure', () => {
    const HOLD = { failure_policy: 'hold', parameters: { web_count: 3 } };

    it('keeps what it has, goes on when it is retried, and needs nothing made twice', async () => {
      const { api, projects } = house();
      const held = await deploy('patient', 'growing', HOLD);
      expect(held).toMatchObject({
        status: 'FAILED',
        error: { type: 'QuotaExceeded', rollback_completed: false, left_over: [] },
        progress: { run_status: 'held' },
      });
      const kept = await projects.growing.contents(held.id);
      expect(kept).toEqual(expect.arrayContaining(['network patient-network', 'subnet patient-web']));
      await projects.growing.setQuota(5);
      const answer = await api.ask('POST', `/deployments/${held.id}/retry`);
      expect([answer.status, answer.body]).toMatchObject([202, { id: held.id, run_id: expect.any(String) }]);
      const done = await api.settled(held.id);
      expect([done.status, done.error, done.resources.vm_ids.length]).toEqual(['COMPLETED', null, 3]);
      expect(done.resources.network_id).toBe(held.resources.network_id);
      // Asked at once, a real Nova lets all three in and may break one or two of them afterwards (its second quota check
      // counts those that are just coming in): only what was ready is kept, and it is kept.
      const ready = (held.resources.tiers['web'] ?? []).filter(({ state }) => state === 'present');
      expect(ready.length).toBeGreaterThanOrEqual(1);
      expect(done.resources.vm_ids).toEqual(expect.arrayContaining(ready.map(({ vm_id }) => vm_id)));
      expectProblem(await api.ask('POST', `/deployments/${held.id}/retry`), 409, 'not_possible_now');
      await deleteAgain(done);
      expect(await projects.growing.contents(done.id)).toEqual([]);
    });

    it('is undone when it is cancelled', async () => {
      const { api, projects } = house();
      const held = await deploy('regretted', 'us-west-1', {
        failure_policy: 'hold',
        parameters: { flavor: 'm9.huge' },
      });
      expect(await projects['us-west-1'].contents(held.id)).not.toEqual([]);
      expect((await api.ask('POST', `/deployments/${held.id}/cancel`)).status).toBe(202);
      const cancelled = await api.settled(held.id);
      expect(cancelled.error).toMatchObject({ type: 'Cancelled', rollback_completed: true });
      expect(await projects['us-west-1'].contents(held.id)).toEqual([]);
      await deleteAgain(cancelled);
    });
  });
}
