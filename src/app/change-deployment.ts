/**
 * Delete, cancel and retry: further runs of a deployment, or orders to the one in progress.
 *
 * One run at a time. Deleting during a run orders it to stop and to be followed by the delete; everything else during a
 * run is refused and names the run.
 */

import type { DeploymentDeleting, RunAccepted } from '../contract/deployment.ts';
import { type Deployment, deploymentCan, runIsActive } from '../domain/deployment.ts';
import { GroundworkError } from '../domain/errors.ts';
import type { Plan } from '../domain/plan.ts';
import { planDelete } from '../domain/plan-removal.ts';
import { planRetry } from '../domain/plan-retry.ts';
import type { RunRecord } from '../ports/store.ts';
import type { AppDependencies } from './dependencies.ts';
import { noDeployment } from './read-deployments.ts';

/** Between reading and committing a run may end or begin; then it is looked at again, a few times at most. */
const LOOKS = 5;

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
    const accepted = await startRun(dependencies, deployment, run, { kind: 'delete', status: 'DELETING' });
    return accepted === undefined ? undefined : deleting;
  });
}

/** @throws GroundworkError not_found, not_possible_now */
export async function cancelDeployment(dependencies: AppDependencies, id: string): Promise<RunAccepted> {
  return lookAgain(dependencies, id, async (deployment, run) => {
    if (!run || !deploymentCan.cancel(deployment, run))
      throw notNow(deployment, run, 'be cancelled', 'a deploy that is running or held');
    if (run.status === 'held')
      return startRun(dependencies, deployment, run, { kind: 'rollback', status: 'IN_PROGRESS' });
    const ordered = await dependencies.store.deployments.requestCancel({
      deploymentId: id,
      runId: run.id,
      thenDelete: false,
    });
    return ordered ? { id, run_id: run.id, status: deployment.status } : undefined;
  });
}

/** @throws GroundworkError not_found, run_in_progress, not_possible_now */
export async function retryDeployment(dependencies: AppDependencies, id: string): Promise<RunAccepted> {
  return lookAgain(dependencies, id, async (deployment, run) => {
    if (run && runIsActive(run)) throw inProgress(run);
    if (!deploymentCan.retry(deployment, run)) throw notNow(deployment, run, 'be retried', 'a deployment that FAILED');
    return startRun(dependencies, deployment, run, { kind: 'deploy', status: 'IN_PROGRESS' });
  });
}

async function lookAgain<T>(
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

type NextRun =
  | { readonly kind: 'delete'; readonly status: 'DELETING' }
  | { readonly kind: 'rollback' | 'deploy'; readonly status: 'IN_PROGRESS' };

/** @returns undefined when the deployment moved on meanwhile */
async function startRun(
  dependencies: AppDependencies,
  deployment: Deployment,
  run: RunRecord | undefined,
  next: NextRun,
): Promise<RunAccepted | undefined> {
  const { store, ids } = dependencies;
  const plan = await planOf(dependencies, deployment, next.kind);
  const newRun = { id: ids.newId(), kind: next.kind, plan };
  const accepted = await store.deployments.acceptRun({
    deploymentId: deployment.id,
    run: newRun,
    status: next.status,
    stillAllowed: (now, active) =>
      now.status === deployment.status && active?.id === run?.id && !(active !== undefined && runIsActive(active)),
    events: [
      { type: 'deployment.status', data: { status: next.status } },
      { type: 'run.accepted', runId: newRun.id, data: { kind: next.kind, total: plan.nodes.length } },
    ],
  });
  return accepted ? { id: deployment.id, run_id: newRun.id, status: next.status } : undefined;
}

async function planOf({ store }: AppDependencies, deployment: Deployment, kind: NextRun['kind']): Promise<Plan> {
  const [ledger, durations] = await Promise.all([store.ledger.resources(deployment.id), store.history.durations()]);
  if (kind !== 'deploy') return planDelete(ledger, durations);
  if (ledger.some((resource) => resource.state === 'deleting')) {
    const detail = 'something that a rollback could not remove is still there, so nothing can be built in its place';
    throw new GroundworkError('not_possible_now', detail, { remedy: 'Delete the deployment, then deploy again.' });
  }
  const runs = await store.runs.listByDeployment(deployment.id);
  const first = runs.findLast(({ run }) => run.kind === 'deploy');
  if (!first) throw new Error(`deployment ${deployment.id} has no deploy run`);
  return planRetry(first.run.plan, ledger);
}

function inProgress(run: RunRecord): GroundworkError {
  return new GroundworkError('run_in_progress', `run ${run.id} (${run.kind}) is ${run.status}`);
}

function notNow(deployment: Deployment, run: RunRecord | undefined, what: string, whom: string): GroundworkError {
  const state = run ? `${deployment.status}, its run ${run.id} is ${run.status}` : deployment.status;
  return new GroundworkError('not_possible_now', `the deployment cannot ${what}: it is ${state}`, {
    remedy: `This is for ${whom}.`,
  });
}
