/**
 * Delete, cancel and retry: further runs of a deployment, or orders to the one in progress.
 *
 * One run at a time. Deleting during a run orders it to stop and to be followed by the delete; everything else during a
 * run is refused and names the run.
 */

import type { DeploymentDeleting, RunAccepted } from '../contract/deployment.ts';
import { STATUS_DURING } from '../domain/conclude-run.ts';
import { type Deployment, deploymentCan, runIsActive } from '../domain/deployment.ts';
import { GroundworkError } from '../domain/errors.ts';
import { planChange } from '../domain/plan-change.ts';
import { planDelete } from '../domain/plan-removal.ts';
import type { RunRecord } from '../ports/run-store.ts';
import { reserve } from './assert-feasible.ts';
import type { AppDependencies } from './dependencies.ts';
import { type FurtherRun, inProgress, lookAgain, notNow, startRun, toPlan, whatIsKnown } from './further-run.ts';
import { noDeployment } from './read-deployments.ts';

/** @throws GroundworkError not_found (also for one that is already deleted) */
export async function deleteDeployment(dependencies: AppDependencies, id: string): Promise<DeploymentDeleting> {
  return lookAgain(dependencies, id, async (deployment, run) => {
    if (deployment.status === 'DELETED') throw noDeployment(id);
    const deleting: DeploymentDeleting = { id, status: 'DELETING' };
    if (deployment.status === 'DELETING') return deleting;
    if (run && runIsActive(run)) {
      const ordered = await dependencies.store.deployments.requestCancel({
        deploymentId: id,
        runId: run.id,
        thenDelete: true,
      });
      return ordered ? deleting : undefined;
    }
    const next = { kind: 'delete', status: 'DELETING', plan: await planToRemoveAll(dependencies, deployment) } as const;
    return (await startRun(dependencies, deployment, run, next)) === undefined ? undefined : deleting;
  });
}

/** @throws GroundworkError not_found, not_possible_now */
export async function cancelDeployment(dependencies: AppDependencies, id: string): Promise<RunAccepted> {
  return lookAgain(dependencies, id, async (deployment, run) => {
    if (!run || !deploymentCan.cancel(deployment, run))
      throw notNow(deployment, run, 'be cancelled', 'a run that changes something and is running or held');
    if (run.status === 'held')
      return accepted(dependencies, deployment, run, await wayBack(dependencies, deployment, run));
    const ordered = await dependencies.store.deployments.requestCancel({
      deploymentId: id,
      runId: run.id,
      thenDelete: false,
    });
    return ordered ? { id, run_id: run.id, status: deployment.status } : undefined;
  });
}

/**
 * Goes on with the run that failed or is held, from the node that failed: what it made and what stands stays.
 * @throws GroundworkError not_found, run_in_progress, not_possible_now
 */
export async function retryDeployment(dependencies: AppDependencies, id: string): Promise<RunAccepted> {
  return lookAgain(dependencies, id, async (deployment, run) => {
    if (run && runIsActive(run)) throw inProgress(run);
    const failed = run ?? (await lastRun(dependencies, id));
    if (!failed || !deploymentCan.retry(deployment, failed))
      throw notNow(deployment, run, 'be retried', 'a deployment whose last run failed or is held');
    return accepted(dependencies, deployment, run, await again(dependencies, deployment, failed));
  });
}

async function accepted(
  dependencies: AppDependencies,
  deployment: Deployment,
  run: RunRecord | undefined,
  next: FurtherRun,
): Promise<RunAccepted | undefined> {
  const runId = await startRun(dependencies, deployment, run, next);
  return runId === undefined ? undefined : { id: deployment.id, run_id: runId, status: next.status };
}

async function planToRemoveAll({ store }: AppDependencies, deployment: Deployment) {
  const [ledger, durations] = await Promise.all([store.ledger.resources(deployment.id), store.history.durations()]);
  return planDelete(ledger, durations);
}

/** A held deploy is undone wholly; a held change leads back to what was wanted before it. */
async function wayBack(dependencies: AppDependencies, deployment: Deployment, run: RunRecord): Promise<FurtherRun> {
  if (run.kind === 'deploy') {
    return { kind: 'rollback', status: 'IN_PROGRESS', plan: await planToRemoveAll(dependencies, deployment) };
  }
  const { cloud, ...owner } = toPlan(dependencies, deployment);
  const known = await whatIsKnown(dependencies, deployment, cloud);
  const back = planChange(owner, deployment.config, known);
  const plan = await reserve(dependencies, { region: cloud, plan: back, ledger: known.ledger });
  return { kind: 'update', status: 'UPDATING', plan: { ...plan, failurePolicy: 'continue' } };
}

async function again(dependencies: AppDependencies, deployment: Deployment, failed: RunRecord): Promise<FurtherRun> {
  const { kind, target, request } = failed;
  const status = kind === 'deploy' || kind === 'rollback' || kind === 'delete' ? 'IN_PROGRESS' : STATUS_DURING[kind];
  const more = { ...(target ? { target } : {}), ...(request ? { request } : {}) };
  if (kind === 'configure') return { kind, status, plan: failed.plan, ...more };
  const { cloud, ...owner } = toPlan(dependencies, deployment);
  const known = await whatIsKnown(dependencies, deployment, cloud);
  if (kind === 'deploy' && known.ledger.some((resource) => resource.state === 'deleting')) {
    const detail = 'something that a rollback could not remove is still there, so nothing can be built in its place';
    throw new GroundworkError('not_possible_now', detail, { remedy: 'Delete the deployment, then deploy again.' });
  }
  const rest = planChange(owner, (target ?? deployment).config, known);
  const plan = await reserve(dependencies, { region: cloud, plan: rest, ledger: known.ledger });
  const { failurePolicy } = failed.plan;
  return { kind: kind === 'rollback' ? 'deploy' : kind, status, plan: { ...plan, failurePolicy }, ...more };
}

async function lastRun({ store }: AppDependencies, id: string): Promise<RunRecord | undefined> {
  const [newest] = await store.runs.listByDeployment(id);
  return newest?.run;
}
