/**
 * Database rows in the domain's words. Columns are snake_case and the domain is camelCase; this is the only place that
 * knows both. Statements name the columns of a row by its list here, never by `*` (see database.ts).
 */

import type {
  Budget,
  Condition,
  Deployment,
  DeploymentError,
  DeploymentStatus,
  DriftPolicy,
  RunKind,
  RunPhase,
  RunStatus,
  Target,
} from '../domain/deployment.ts';
import type { Event, EventType } from '../domain/event.ts';
import type { JsonObject } from '../domain/json.ts';
import type { FailurePolicy, NodeAction, Plan } from '../domain/plan.ts';
import type { Resource, ResourceState } from '../domain/resource.ts';
import type { Template, TemplateBody } from '../domain/template.ts';
import type { RunCounts, RunNode, RunRecord } from '../ports/run-store.ts';
import type { ApiKey, ResourceFacts, ShownDeployment } from '../ports/store.ts';

/** What is shown of a deployment; its configuration is for planners, and long. */
export const SHOWN_COLUMNS = `id, name, status, region, template_name, template_version, parameters,
  overrides, conditions, drift_policy, expires_at, budget, failure_policy, metadata, error, created_at, updated_at`;

export const DEPLOYMENT_COLUMNS = `${SHOWN_COLUMNS}, config, active_run`;

export interface ShownRow {
  id: string;
  name: string;
  status: DeploymentStatus;
  region: string;
  template_name: string;
  template_version: number;
  parameters: JsonObject;
  overrides: JsonObject;
  conditions: Condition[];
  drift_policy: DriftPolicy;
  expires_at: string | null;
  budget: Budget | null;
  failure_policy: FailurePolicy;
  metadata: JsonObject;
  error: DeploymentError | null;
  created_at: string;
  updated_at: string;
}

export interface DeploymentRow extends ShownRow {
  config: TemplateBody;
  active_run: string | null;
}

export function deploymentFromRow(row: DeploymentRow): Deployment {
  return { ...shownFromRow(row), config: row.config, activeRun: row.active_run };
}

export function shownFromRow(row: ShownRow): ShownDeployment {
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    region: row.region,
    templateName: row.template_name,
    templateVersion: row.template_version,
    parameters: row.parameters,
    overrides: row.overrides,
    conditions: row.conditions,
    driftPolicy: row.drift_policy,
    expiresAt: row.expires_at,
    budget: row.budget,
    failurePolicy: row.failure_policy,
    metadata: row.metadata,
    error: row.error,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export const RUN_COLUMNS = `id, deployment_id, kind, status, phase, plan, rollback_plan,
  target, request, result, cancel_requested_at, then_delete, error, created_at, started_at, finished_at`;

export interface RunRow {
  id: string;
  deployment_id: string;
  kind: RunKind;
  status: RunStatus;
  phase: RunPhase;
  plan: Plan;
  rollback_plan: Plan | null;
  target: Target | null;
  request: JsonObject | null;
  result: JsonObject | null;
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
    target: row.target,
    request: row.request,
    result: row.result,
    cancelRequestedAt: row.cancel_requested_at,
    thenDelete: row.then_delete,
    error: row.error,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}

/** SQL for the counts of the run `r`, as one JSON array. */
export const RUN_COUNTS = `(
  select json_build_array(r.id, r.kind, r.status, r.phase, r.started_at, r.estimated_ms, r.total,
           count(*) filter (where n.state = 'done'), count(*) filter (where n.state = 'failed'))
    from run_nodes n where n.run_id = r.id and n.phase = r.phase
)`;

export type RunCountsRow = [
  RunCounts['id'],
  RunCounts['kind'],
  RunCounts['status'],
  RunCounts['phase'],
  string | null,
  number,
  number,
  number,
  number,
];

export function runCountsFromRow(row: RunCountsRow): RunCounts {
  const [id, kind, status, phase, startedAt, estimatedMs, total, done, failed] = row;
  return { id, kind, status, phase, startedAt, estimatedMs, total, done, failed };
}

/** SQL for the facts of the living resources of the deployment `d`, as one JSON array of arrays. */
export const RESOURCE_FACTS = `(
  select coalesce(to_json(array_agg(array[key, state, provider_id, wanted->>'name', outputs->>'ip'])), '[]')
    from resources where owner = d.id and state <> 'deleted'
)`;

export type ResourceFactsRow = [string, ResourceFacts['state'], string | null, string | null, string | null];

export function resourceFactsFromRow([key, state, providerId, name, ip]: ResourceFactsRow): ResourceFacts {
  return { key, state, providerId, name, ip };
}

export const RUN_NODE_COLUMNS = `phase, key, kind, action, state, attempt, detail, error, next_retry_at,
  started_at, finished_at`;

export interface RunNodeRow {
  phase: RunPhase;
  key: string;
  kind: string;
  action: NodeAction;
  state: RunNode['state'];
  attempt: number;
  detail: string | null;
  error: JsonObject | null;
  next_retry_at: string | null;
  started_at: string | null;
  finished_at: string | null;
}

export function runNodeFromRow(row: RunNodeRow): RunNode {
  const { next_retry_at: nextRetryAt, started_at: startedAt, finished_at: finishedAt, ...same } = row;
  return { ...same, nextRetryAt, startedAt, finishedAt };
}

export const RESOURCE_COLUMNS = `owner, key, generation, kind, region, state, provider_id,
  wanted, outputs, depends_on, run_id, created_at, updated_at`;

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

export const EVENT_COLUMNS = 'seq, at, type, run_id, key, data';

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

export const TEMPLATE_COLUMNS = 'name, version, description, body, created_at';

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
