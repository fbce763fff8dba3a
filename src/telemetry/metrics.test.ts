import { afterEach, expect, it } from 'vitest';

import { createMetrics } from './metrics.ts';
import type { Metrics } from './metrics.ts';

let metrics: Metrics | undefined;
afterEach(() => metrics?.close());

it('exposes what was measured under the published names', async () => {
  metrics = createMetrics();
  metrics.httpRequest({ operation: 'getDeployment', method: 'GET', status: 200 }, 0.002);
  metrics.runsActive(3);
  metrics.runFinished({ kind: 'deploy', status: 'succeeded' });
  metrics.nodeFinished({ kind: 'openstack.server', action: 'present', result: 'done' }, 4);
  metrics.cloudRequest({ region: 'r', service: 'compute', method: 'POST', status: 202 }, 0.1);
  metrics.cloudRequest({ region: 'r', service: 'compute', method: 'POST', status: 0 }, 0.1);
  metrics.regionChecked({ region: 'r', findings: { missing: 2 }, orphans: { foreign: 1 }, sweepStopped: true }, 0.2);
  metrics.orphansRemoved({ region: 'r' }, 4);
  metrics.healStarted({ region: 'r', by: 'policy' });
  const { contentType, body } = await metrics.render();
  expect(contentType).toContain('text/plain');
  const ours = body.split('\n').filter((line) => /^groundwork_.*(_count|_total|_active)[ {]/.test(line));
  expect(ours).toEqual([
    'groundwork_http_request_duration_seconds_count{operation="getDeployment",method="GET",status="200"} 1',
    'groundwork_runs_total{kind="deploy",status="succeeded"} 1',
    'groundwork_runs_active 3',
    'groundwork_node_duration_seconds_count{kind="openstack.server",action="present",result="done"} 1',
    'groundwork_cloud_requests_total{region="r",service="compute",method="POST",status="202"} 1',
    'groundwork_cloud_requests_total{region="r",service="compute",method="POST",status="none"} 1',
    'groundwork_cloud_request_duration_seconds_count{region="r",service="compute"} 2',
    'groundwork_region_check_duration_seconds_count{region="r"} 1',
    'groundwork_orphans_removed_total{region="r"} 4',
    'groundwork_heals_total{region="r",by="policy"} 1',
  ]);
  for (const line of [
    'groundwork_drift_findings{region="r",type="missing"} 2',
    'groundwork_drift_findings{region="r",type="stopped"} 0',
    'groundwork_orphans{region="r",verdict="foreign"} 1',
    'groundwork_sweep_stopped{region="r"} 1',
  ])
    expect(body).toContain(line);
  expect(body).toContain('process_resident_memory_bytes');
});

it('does not add up two registries in one process', async () => {
  metrics = createMetrics();
  const other = createMetrics();
  other.runFinished({ kind: 'deploy', status: 'failed' });
  other.close();
  expect((await metrics.render()).body).not.toContain('groundwork_runs_total{');
});
