/**
 * Looking at runs: every node of the plan with its state, whether it has begun or not.
 */

import type { Run as RunShape, RunList, RunNode as RunNodeShape, RunSummary } from '../contract/run.ts';
import { GroundworkError } from '../domain/errors.ts';
import { criticalPathMs, type PlanNode } from '../domain/plan.ts';
import type { RunPhase } from '../domain/deployment.ts';
import type { Resource } from '../domain/resource.ts';
import type { RunCounts, RunNode, RunRecord } from '../ports/run-store.ts';
import type { AppDependencies } from './dependencies.ts';
import { noDeployment } from './read-deployments.ts';
import { doesWhat } from './show-plan.ts';

/** @throws GroundworkError not_found */
export async function listRuns({ store }: AppDependencies, id: string): Promise<RunList> {
  const [deployment, runs] = await Promise.all([store.deployments.get(id), store.runs.listByDeployment(id)]);
  if (!deployment) throw noDeployment(id);
  return { items: runs.map(({ run, counts }) => summaryOf(run, counts)) };
}

/** @throws GroundworkError not_found */
export async function getRun({ store }: AppDependencies, id: string, runId: string): Promise<RunShape> {
  const [runs, nodes, resources] = await Promise.all([
    store.runs.listByDeployment(id),
    store.runs.nodes(runId),
    store.ledger.resources(id, { withDeleted: true }),
  ]);
  const found = runs.find(({ run }) => run.id === runId);
  if (!found)
    throw new GroundworkError('not_found', `deployment ${id} has no run ${runId}`, {
      remedy: 'GET /deployments/{id}/runs lists them.',
    });
  const { run, counts } = found;
  const shown = (phase: RunPhase, plan: readonly PlanNode[]): RunNodeShape[] =>
    plan.map((node) =>
      nodeOf(
        phase,
        node,
        nodes.find((candidate) => candidate.key === node.key && candidate.phase === phase),
        resources,
      ),
    );
  return {
    ...summaryOf(run, counts),
    estimated_ms: criticalPathMs(run.plan.nodes),
    nodes: [...shown('forward', run.plan.nodes), ...shown('rollback', run.rollbackPlan?.nodes ?? [])],
  };
}

function summaryOf(run: RunRecord, { total, done, failed }: RunCounts): RunSummary {
  return {
    id: run.id,
    deployment_id: run.deploymentId,
    kind: run.kind,
    status: run.status,
    phase: run.phase,
    done,
    total,
    failed,
    created_at: run.createdAt,
    started_at: run.startedAt,
    finished_at: run.finishedAt,
    error: run.error,
    result: run.result,
  };
}

function nodeOf(
  phase: RunPhase,
  node: PlanNode,
  state: RunNode | undefined,
  resources: readonly Resource[],
): RunNodeShape {
  const resource = resources.findLast((candidate) => candidate.key === node.key);
  return {
    key: node.key,
    kind: node.kind,
    action: node.action,
    does: doesWhat(node),
    phase,
    state: state?.state ?? 'pending',
    depends_on: [...node.dependsOn],
    estimate_ms: node.estimateMs,
    estimate_from: node.estimateFrom,
    provider_id: resource?.providerId ?? null,
    ...timesOf(state),
    error: errorOf(state),
  };
}

function timesOf(state: RunNode | undefined): Pick<RunNodeShape, 'attempt' | 'detail' | 'started_at' | 'finished_at'> {
  if (!state) return { attempt: 0, detail: null, started_at: null, finished_at: null };
  return { attempt: state.attempt, detail: state.detail, started_at: state.startedAt, finished_at: state.finishedAt };
}

function errorOf(state: RunNode | undefined): RunNodeShape['error'] {
  if (!state?.error) return null;
  const { type, message, remedy, requestId } = state.error;
  return {
    type: String(type),
    message: String(message),
    ...(typeof remedy === 'string' ? { remedy } : {}),
    ...(typeof requestId === 'string' ? { request_id: requestId } : {}),
  };
}
