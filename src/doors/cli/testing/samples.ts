/**
 * A deployment of three tiers as the API would tell of it, for tests of the displays.
 */

import type { Deployment, DryRun, PlanNode } from '../../../contract/deployment.ts';
import type { DeploymentEvent } from '../../../contract/event.ts';
import type { Problem } from '../../../contract/problem.ts';
import type { Run, RunNode } from '../../../contract/run.ts';

export const DEPLOYMENT_ID = '0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d';
export const RUN_ID = '0192f0c1-2d3e-7a4b-8c5d-000000000001';
export const STARTED_AT = Date.parse('2026-11-21T10:00:00.000Z');

export function planNode(noun: string, key: string, estimateMs: number, dependsOn: string[] = []): PlanNode {
  return {
    ...{ key, action: 'present', kind: `openstack.${noun}`, region: 'us-west-1' },
    ...{ depends_on: dependsOn, estimate_ms: estimateMs, estimate_from: 'default', does: 'create', wanted: {} },
  };
}

export function serverNodes(tier: string, count: number): PlanNode[] {
  return Array.from({ length: count }, (_, i) =>
    planNode('server', `server/${tier}/${i + 1}`, 20_000, [`subnet/${tier}`]),
  );
}

export const PLAN: readonly PlanNode[] = [
  planNode('router', 'router', 2000),
  planNode('network', 'network', 1000),
  ...['web', 'app', 'db'].map((name) => planNode('subnet', `subnet/${name}`, 1500, ['network'])),
  ...['web', 'app', 'db'].map((name) =>
    planNode('router-interface', `interface/${name}`, 3000, ['router', `subnet/${name}`]),
  ),
  ...serverNodes('web', 2),
  ...serverNodes('app', 3),
  ...serverNodes('db', 1),
];

export function dryRun(nodes: readonly PlanNode[] = PLAN, estimatedMs = 22_500): DryRun {
  return {
    ...{ name: 'web-app-prod', template: 'web-app-stack', template_version: 1 },
    ...{ cloud_region: 'us-west-1', failure_policy: 'rollback' },
    plan: { nodes, total: nodes.length, estimated_ms: estimatedMs },
  };
}

/** The run of the plan, with nothing begun. */
export function pendingRun(): Run {
  const nodes = PLAN.map(({ wanted: _wanted, region: _region, ...node }): RunNode => ({
    ...node,
    ...{ phase: 'forward', state: 'pending', attempt: 0, detail: null, provider_id: null },
    ...{ started_at: null, finished_at: null, error: null },
  }));
  return {
    ...{ id: RUN_ID, deployment_id: DEPLOYMENT_ID, kind: 'deploy', status: 'running', phase: 'forward' },
    ...{ done: 0, total: nodes.length, failed: 0, error: null, result: null, estimated_ms: 22_500, nodes },
    ...{ created_at: timeAt(0), started_at: timeAt(0), finished_at: null },
  };
}

export function timeAt(ms: number): string {
  return new Date(STARTED_AT + ms).toISOString();
}

/** Events numbered from 1; each given as [milliseconds after the start, type, key or null, data]. */
export function eventsOf(
  ...happenings: readonly [
    ms: number,
    type: DeploymentEvent['type'],
    key: string | null,
    data?: DeploymentEvent['data'],
  ][]
): DeploymentEvent[] {
  return happenings.map(([ms, type, key, data = {}], index) => ({
    ...{ seq: index + 1, at: timeAt(ms), type, run_id: RUN_ID, key },
    data: key === null ? data : { phase: 'forward', action: 'present', attempt: 1, ...data },
  }));
}

export function deployment(changes: Partial<Deployment> = {}): Deployment {
  const member = (tier: string, ordinal: number, ip: string) => ({
    ...{ vm_id: `6f0e1d2c-0000-4000-8000-${tier}${String(ordinal).padStart(12 - tier.length, '0')}` },
    ...{ name: `web-app-prod-${tier}-${ordinal}`, ip, ordinal, state: 'present' as const },
  });
  const tiers = {
    web: [member('web', 1, '10.0.1.10'), member('web', 2, '10.0.1.11')],
    app: [member('app', 1, '10.0.2.10')],
    db: [member('db', 1, '10.0.3.10')],
  };
  const members = Object.values(tiers).flat();
  return {
    ...{ id: DEPLOYMENT_ID, name: 'web-app-prod', status: 'COMPLETED', cloud_region: 'us-west-1' },
    ...{ template: 'web-app-stack', template_version: 1, failure_policy: 'rollback', expires_at: null },
    ...{
      parameters: { web_count: 2, app_count: 1 },
      progress: null,
      error: null,
      metadata: {},
      overrides: {},
      drift_policy: 'alert',
      budget: null,
      conditions: [],
    },
    ...{ created_at: timeAt(0), updated_at: timeAt(23_000) },
    resources: {
      network_id: 'net-1',
      subnet_ids: ['sub-1', 'sub-2'],
      subnets: { web: 'sub-1', app: 'sub-2' },
      router_id: 'rtr-1',
      vm_ids: members.map(({ vm_id: id }) => id),
      vm_ips: Object.fromEntries(members.map(({ vm_id: id, ip }) => [id, ip])),
      tiers,
    },
    ...changes,
  };
}

export function problem(changes: Partial<Problem> = {}): Problem {
  return {
    type: 'urn:groundwork:error:invalid_parameters',
    ...{ title: 'The parameters do not fit the template', status: 400, code: 'invalid_parameters' },
    detail: 'Two parameters of web-app-stack are wrong.',
    remedy: 'Correct the fields listed in `errors`; GET /templates/{name} shows the parameters.',
    request_id: 'req-0192f0c1',
    ...changes,
  };
}
