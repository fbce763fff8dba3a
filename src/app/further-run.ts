/**
 * A further run of a living deployment: looked at, planned, and accepted in one transaction if the deployment is still as it
 * was when the plan was made.
 */

import {
  type Deployment,
  type DeploymentStatus,
  runIsActive,
  type RunKind,
  type Target,
} from '../domain/deployment.ts';
import { GroundworkError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Plan } from '../domain/plan.ts';
import type { DeploymentToPlan, Known } from '../domain/plan-change.ts';
import type { Region } from '../ports/driver.ts';
import type { RunRecord } from '../ports/run-store.ts';
import type { AcceptGuard } from '../ports/store.ts';
import type { AppDependencies } from './dependencies.ts';
import { noDeployment } from './read-deployments.ts';

/** Between reading and committing a run may end or begin; then it is looked at again, a few times at most. */
const LOOKS = 5;

/**
 * @param act returns undefined when the deployment moved on meanwhile
 * @throws GroundworkError not_found, run_in_progress, and what `act` throws
 */
export async function lookAgain<T>(
  { store }: AppDependencies,
  id: string,
  act: (deployment: Deployment, run: RunRecord | undefined) => Promise<T | undefined>,
): Promise<T> {
  for (let look = 1; look <= LOOKS; look += 1) {
    const deployment = await store.deployments.get(id);
    if (!deployment) throw noDeployment(id);
    const run = deployment.activeRun === null ? undefined : await store.runs.get(deployment.activeRun);
    const result = await act(deployment, run);
    if (result !== undefined) return result;
  }
  throw new GroundworkError('run_in_progress', `deployment ${id} keeps changing; try again in a moment`);
}

/**
 * Refuses everything but a deployment that is COMPLETED and at rest.
 * @throws GroundworkError not_found, run_in_progress, not_possible_now
 */
export function assertAtRest(deployment: Deployment, run: RunRecord | undefined, what: string): void {
  if (deployment.status === 'DELETED') throw noDeployment(deployment.id);
  if (run && runIsActive(run)) throw inProgress(run);
  if (deployment.status !== 'COMPLETED' || run) throw notNow(deployment, run, what, 'a deployment that is COMPLETED');
}

export interface FurtherRun {
  readonly kind: RunKind;
  /** Of the deployment while it goes on. */
  readonly status: DeploymentStatus;
  readonly plan: Plan;
  readonly target?: Target;
  readonly request?: JsonObject;
  /** Called first in the transaction that accepts; refuses by throwing. */
  readonly guard?: AcceptGuard;
}

/** @returns the id of the run; undefined when the deployment moved on meanwhile */
export async function startRun(
  { store, ids }: AppDependencies,
  deployment: Deployment,
  run: RunRecord | undefined,
  { status, guard, ...next }: FurtherRun,
): Promise<string | undefined> {
  const newRun = { id: ids.newId(), ...next };
  const accepted = await store.deployments.acceptRun({
    deploymentId: deployment.id,
    run: newRun,
    ...(guard ? { guard } : {}),
    status,
    stillAllowed: (now, active) =>
      now.status === deployment.status && active?.id === run?.id && !(active !== undefined && runIsActive(active)),
    events: [
      { type: 'deployment.status', data: { status } },
      { type: 'run.accepted', runId: newRun.id, data: { kind: next.kind, total: next.plan.nodes.length } },
    ],
  });
  return accepted ? newRun.id : undefined;
}

/** @throws GroundworkError unknown_region when the region is not configured any more */
export function toPlan({ regions }: AppDependencies, deployment: Deployment): DeploymentToPlan & { cloud: Region } {
  const { id, name, region, failurePolicy } = deployment;
  const cloud = regions.get(region);
  if (!cloud) {
    const detail = `the region ${region} of the deployment is not configured any more`;
    const remedy = `Declare regions.${region} in groundwork.yaml again.`;
    throw new GroundworkError('unknown_region', detail, { remedy });
  }
  return { id, name, region, failurePolicy, provider: cloud.provider, cloud };
}

/** What stands, and what is known of its kinds. */
export async function whatIsKnown({ store }: AppDependencies, deployment: Deployment, cloud: Region): Promise<Known> {
  const [ledger, durations] = await Promise.all([store.ledger.resources(deployment.id), store.history.durations()]);
  return { ledger, durations, updatable: (kind) => cloud.driver(kind)?.updatable ?? [] };
}

export function inProgress(run: RunRecord): GroundworkError {
  return new GroundworkError('run_in_progress', `run ${run.id} (${run.kind}) is ${run.status}`);
}

export function notNow(
  deployment: Deployment,
  run: RunRecord | undefined,
  what: string,
  whom: string,
): GroundworkError {
  const state = run ? `${deployment.status}, its run ${run.id} is ${run.status}` : deployment.status;
  return new GroundworkError('not_possible_now', `the deployment cannot ${what}: it is ${state}`, {
    remedy: `This is for ${whom}.`,
  });
}
