/**
 * What the in-memory app makes: a deployment, a run and a plan in their published shapes.
 */

import { randomUUID } from 'node:crypto';
import type { CreateDeploymentBody, Deployment, DryRun } from '../../../contract/deployment.ts';
import type { Run } from '../../../contract/run.ts';

export const NOW = '2026-11-21T10:42:00.000Z';

export function newDeployment(body: CreateDeploymentBody): Deployment {
  return {
    id: randomUUID(),
    name: body.name,
    status: 'PENDING',
    template: body.template,
    template_version: 1,
    cloud_region: body.cloud_region,
    parameters: body.parameters ?? {},
    failure_policy: body.failure_policy ?? 'rollback',
    expires_at: null,
    progress: null,
    error: null,
    created_at: NOW,
    updated_at: NOW,
    resources: {
      network_id: 'net-1',
      subnet_ids: ['subnet-1'],
      subnets: { web: 'subnet-1' },
      router_id: null,
      vm_ids: ['vm-1'],
      vm_ips: { 'vm-1': '10.0.1.5' },
      tiers: { web: [{ vm_id: 'vm-1', name: 'web-1', ip: '10.0.1.5', ordinal: 1, state: 'present' }] },
    },
    metadata: {},
    overrides: {},
    drift_policy: 'alert',
    budget: null,
    conditions: [{ type: 'Ready', status: 'False', reason: 'Deploying', message: '', last_transition_time: NOW }],
  };
}

export function newRun(deploymentId: string): Run {
  return {
    id: randomUUID(),
    deployment_id: deploymentId,
    kind: 'deploy',
    status: 'running',
    phase: 'forward',
    done: 0,
    total: 1,
    failed: 0,
    created_at: NOW,
    started_at: NOW,
    finished_at: null,
    error: null,
    result: null,
    estimated_ms: 1000,
    nodes: [],
  };
}

export function plan(body: CreateDeploymentBody): DryRun {
  return {
    name: body.name,
    template: body.template,
    template_version: 1,
    cloud_region: body.cloud_region,
    failure_policy: body.failure_policy ?? 'rollback',
    plan: {
      nodes: [
        {
          key: 'network',
          action: 'present',
          kind: 'openstack.network',
          region: body.cloud_region,
          depends_on: [],
          estimate_ms: 800,
          estimate_from: 'default',
          does: 'create',
          wanted: { name: body.name },
        },
      ],
      total: 1,
      estimated_ms: 800,
    },
  };
}
