/**
 * Looking once more some time after a run has ended. The run's own last look sees what has landed by then; a request of a
 * dead worker, or one whose answer was lost, may land later, when nobody is left to look.
 */

import { LeaseLost } from '../ports/driver.ts';
import type { RunDependencies } from './execution.ts';
import { regionsOf } from './run-steps.ts';
import { sweepRegions } from './sweep.ts';

type LateSweepDependencies = Pick<RunDependencies, 'store' | 'regions' | 'poller' | 'log'>;

/**
 * Does one late sweep if one is due. What it cannot finish is due again in a minute.
 * @returns whether one was due
 * @throws StoreUnavailable
 */
export async function sweepLate(dependencies: LateSweepDependencies, signal: AbortSignal): Promise<boolean> {
  const { lateSweeps } = dependencies.store;
  const due = await lateSweeps.take();
  if (!due) return false;
  const { run, lease } = due;
  const log = dependencies.log.child({ deploymentId: run.deploymentId, runId: run.id });
  const confirm = async (): Promise<void> => {
    if (signal.aborted || !(await lateSweeps.mayGoOn(lease))) throw new LeaseLost(run.id);
  };
  const deployment = await dependencies.store.deployments.get(run.deploymentId);
  const sweeping = { run, lease, log, regions: regionsOf(run, deployment?.region) };
  try {
    if (await sweepRegions(dependencies, sweeping, { signal, confirm })) await lateSweeps.done(run.id);
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error;
    log.debug({}, 'a late sweep gave way to a new run, which sweeps itself');
  }
  return true;
}
