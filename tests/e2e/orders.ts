/**
 * Orders that come while a run is going on: cancel, delete, and what is refused.
 */

import { describe, expect, it } from 'vitest';
import type { DeploymentAccepted } from '../../src/contract/deployment.ts';
import { expectProblem } from './api.ts';
import type { HouseOnSite } from './house-on-site.ts';

const REQUEST = { template: 'small-stack', cloud_region: 'us-west-1', parameters: { web_count: 2 } };

export function describeOrders(house: () => HouseOnSite): void {
  /** A deployment whose servers are being built. */
  async function building(name: string): Promise<DeploymentAccepted> {
    const accepted = await house().api.deploy({ ...REQUEST, name });
    await house().api.happened(accepted.id, ({ type, key }) => type === 'node.started' && key === 'server/web/1');
    return accepted;
  }

  describe('an order during a run', () => {
    it('to cancel undoes what was made', async () => {
      const { api, projects } = house();
      const { id } = await building('cancelled');
      const answer = await api.ask<{ run_id: string }>('POST', `/deployments/${id}/cancel`);
      expect([answer.status, answer.body]).toMatchObject([202, { id, run_id: expect.any(String) }]);
      const cancelled = await api.settled(id);
      expect(cancelled).toMatchObject({
        status: 'FAILED',
        error: { type: 'Cancelled', failed_activity: 'cancel', rollback_completed: true, left_over: [] },
        resources: { network_id: null, vm_ids: [] },
      });
      expect(await projects['us-west-1'].contents(id)).toEqual([]);
      expectProblem(await api.ask('POST', `/deployments/${id}/cancel`), 409, 'not_possible_now');
      await api.ask('DELETE', `/deployments/${id}`);
      expect((await api.settled(id)).status).toBe('DELETED');
    });

    it('to delete stops it and removes everything; asked again meanwhile it says the same', async () => {
      const { api, projects } = house();
      const { id } = await building('deleted-early');
      const path = `/deployments/${id}`;
      const answers = [await api.ask('DELETE', path), await api.ask('DELETE', path)];
      for (const answer of answers) expect(answer).toMatchObject({ status: 202, body: { id, status: 'DELETING' } });
      expect((await api.settled(id)).status).toBe('DELETED');
      expect(await projects['us-west-1'].contents(id)).toEqual([]);
      expectProblem(await api.ask('DELETE', path), 404, 'not_found');
    });

    it('to retry is refused and names the run', async () => {
      const { api } = house();
      const { id } = await building('impatient');
      const { progress } = await api.deployment(id);
      expect(progress).toMatchObject({ run_kind: 'deploy', run_status: 'running', phase: 'forward', total: 4 });
      const answer = await api.ask<{ detail: string }>('POST', `/deployments/${id}/retry`);
      expectProblem(answer, 409, 'run_in_progress');
      expect(answer.body.detail).toContain(progress?.run_id);
      await api.ask('DELETE', `/deployments/${id}`);
      expect((await api.settled(id)).status).toBe('DELETED');
    });
  });
}
