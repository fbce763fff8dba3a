import { describe, expect, it } from 'vitest';

import { deployment } from '../testing/samples.ts';
import { renderDeployment, renderResult } from './render-deployment.ts';
import { widthOf } from './terminal-text.ts';

const SIZE = { columns: 80, color: false };
const ERROR = {
  type: 'QuotaExceeded',
  message: 'Quota exceeded for cores: Requested 2, but already used 20 of 20 cores (HTTP 403)',
  failed_activity: 'create openstack.server server/app/2',
  rollback_completed: false,
  remedy: 'Ask for a larger quota, or use smaller flavors.',
  request_id: 'req-8a7b',
  left_over: [
    {
      key: 'network',
      kind: 'openstack.network',
      provider_id: 'net-1',
      reason: 'One or more ports have an IP allocation from this subnet, which is still in use by somebody else',
    },
  ],
};

describe('a deployment for a person', () => {
  it('ends a watched run with the addresses of each tier and how to look again', async () => {
    const text = `${renderResult(deployment(), SIZE).join('\n')}\n`;
    await expect(text).toMatchFileSnapshot('./goldens/result-80.txt');
  });

  it('tells why it failed, what to do, and what is left over', async () => {
    const text = `${renderResult(deployment({ status: 'FAILED', error: ERROR }), SIZE).join('\n')}\n`;
    await expect(text).toMatchFileSnapshot('./goldens/failed-result-80.txt');
  });

  it('shows everything that is known', async () => {
    const progress = {
      run_id: 'r',
      run_kind: 'deploy',
      run_status: 'running',
      phase: 'forward',
      done: 3,
      total: 14,
      failed: 0,
      eta_ms: 12_000,
    } as const;
    const text = `${renderDeployment(deployment({ progress }), SIZE).join('\n')}\n`;
    await expect(text).toMatchFileSnapshot('./goldens/deployment-80.txt');
  });

  it.each([40, 60, 80])('fits %i columns', (columns) => {
    const shown = deployment({
      name: 'a-name-that-is-as-long-as-a-name-may-be-and-therefore-never-fits',
      error: ERROR,
    });
    const lines = [
      ...renderDeployment(shown, { columns, color: true }),
      ...renderResult(shown, { columns, color: true }),
    ];
    const command = / {2}groundwork /; // must be copied whole
    for (const line of lines.filter((text) => !command.test(text)))
      expect(widthOf(line), line).toBeLessThanOrEqual(columns);
  });

  it('does not offer to look at what is gone', () => {
    expect(renderResult(deployment({ status: 'DELETED' }), SIZE).join('\n')).not.toContain('Look again');
  });
});
