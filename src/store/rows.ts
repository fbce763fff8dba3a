/**
 * Database rows in the domain's words. Columns are snake_case and the domain is camelCase; this is the only place that
 * knows both.
 */

import type {
  Deployment,
  DeploymentError,
  DeploymentStatus,
  RunKind,
  RunPhase,
  RunStatus,
} from '../domain/deployment.ts';
import type { Event, EventType } from '../domain/event.ts';
import type { JsonObject } from '../domain/json.ts';
import type { FailurePolicy, NodeAction, Plan } from '../domain/plan.ts';
import type { Resource, ResourceState } from '../domain/resource.ts';
import type { Template } from '../domain/template.ts';
import type { ApiKey, RunNode, RunRecord } from '../ports/store.ts';

export interface DeploymentRow {
  id: string;
  name: string;
  status: DeploymentStatus;
  region: string;
  template_name: string;
  template_version: number;
  parameters: JsonObject;
  failure_policy: FailurePolicy;
  metadata: JsonObject;
  error: DeploymentError | null;
  active_run: string | null;
  created_at: string;
  updated_at: string;
}

export function deploymentFromRow(row: DeploymentRow): Deployment {
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    region: row.region,
    templateName: row.template_name,
    templateVersion: row.template_version,
    parameters: row.parameters,
    failurePolicy: row.failure_policy,
    metadata: row.metadata,
    error: row.error,
    activeRun: row.active_run,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export interface RunRow {
  id: string;
  deployment_id: string;
  kind: RunKind;
  status: RunStatus;
  phase: RunPhase;
  plan: Plan;
  rollback_plan: Plan | null;
  cancel_requested_at: string | null;
  then_delete: boolean;
  error: DeploymentError | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
}

export function runFromRow(row: RunRow): RunRecord {
  return {
    id: row.id,
    deploymentId: row.deployment_id,
    kind: row.kind,
    status: row.status,
    phase: row.phase,
    plan: row.plan,
    rollbackPlan: row.rollback_plan,
    cancelRequestedAt: row.cancel_requested_at,
    thenDelete: row.then_delete,
    error: row.error,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}

export interface RunNodeRow {
  phase: RunPhase;
  key: string;
  kind: string;
  action: NodeAction;
  state: RunNode['state'];
  attempt: number;
  detail: string | null;
  error: JsonObject | null;
  started_at: string | null;
  finished_at: string | null;
}

export function runNodeFromRow(row: RunNodeRow): RunNode {
  const { started_at: startedAt, finished_at: finishedAt, ...same } = row;
  return { ...same, startedAt, finishedAt };
}

export interface ResourceRow {
  owner: string;
  key: string;
  generation: number;
  kind: string;
  region: string;
  state: ResourceState;
  provider_id: string | null;
  wanted: JsonObject;
  outputs: JsonObject;
  depends_on: string[];
  run_id: string;
  created_at: string;
  updated_at: string;
}

export function resourceFromRow(row: ResourceRow): Resource {
  return {
    owner: row.owner,
    key: row.key,
    generation: row.generation,
    kind: row.kind,
    region: row.region,
    state: row.state,
    providerId: row.provider_id,
    wanted: row.wanted,
    outputs: row.outputs,
    dependsOn: row.depends_on,
    runId: row.run_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export interface EventRow {
  seq: number;
  at: string;
  type: EventType;
  run_id: string | null;
  key: string | null;
  data: JsonObject;
}

export function eventFromRow(row: EventRow): Event {
  return { seq: row.seq, at: row.at, type: row.type, runId: row.run_id, key: row.key, data: row.data };
}

export interface TemplateRow {
  name: string;
  version: number;
  description: string | null;
  body: JsonObject;
  created_at: string;
}

export function templateFromRow({ created_at: createdAt, ...same }: TemplateRow): Template {
  return { ...same, createdAt };
}

export interface ApiKeyRow {
  id: string;
  name: string;
  scope: ApiKey['scope'];
  created_at: string;
}

export function apiKeyFromRow({ created_at: createdAt, ...same }: ApiKeyRow): ApiKey {
  return { ...same, createdAt };
}
