/**
 * What the end of a run's plan means: is it done, must it be undone, is it held? Pure decisions over what the nodes
 * report, so that every case can be read and tested without a cloud.
 */

import type { DeploymentError, DeploymentStatus, LeftOver, RunKind, RunStatus } from './deployment.ts';
import type { Failure } from './failure.ts';
import type { FailurePolicy, NodeAction } from './plan.ts';
import type { Resource } from './resource.ts';

export interface NodeOutcome {
  readonly key: string;
  readonly kind: string;
  readonly action: NodeAction;
  readonly state: 'done' | 'failed' | 'skipped';
  readonly failure?: Failure;
}

export interface RunSoFar {
  readonly kind: RunKind;
  readonly failurePolicy: FailurePolicy;
  readonly cancelRequested: boolean;
  readonly thenDelete: boolean;
  readonly outcomes: readonly NodeOutcome[];
}

export type NextMove = 'finish' | 'roll back';

/** Whether what the run made must be undone before it ends. */
export function nextMove(run: RunSoFar): NextMove {
  if (run.kind !== 'deploy' || run.thenDelete) return 'finish';
  if (run.cancelRequested) return 'roll back';
  return run.failurePolicy === 'rollback' && firstFailure(run) ? 'roll back' : 'finish';
}

export interface Conclusion {
  readonly status: RunStatus;
  readonly deploymentStatus: DeploymentStatus;
  readonly error: DeploymentError | null;
  /** A delete was ordered while the run was going on: it follows now. */
  readonly followedByDelete: boolean;
}

/**
 * @param remaining living resources of the ledger that should be gone; empty when nothing had to go
 * @param undoing outcomes of the rollback, to tell why something remained
 */
export function concludeRun(
  run: RunSoFar,
  remaining: readonly Resource[],
  undoing: readonly NodeOutcome[] = [],
): Conclusion {
  const leftOver = remaining.map((resource) => leftOverOf(resource, [...run.outcomes, ...undoing]));
  if (run.thenDelete) return { status: 'cancelled', deploymentStatus: 'DELETING', error: null, followedByDelete: true };
  if (run.kind === 'delete' || run.kind === 'rollback') return concludeRemoval(run, leftOver);
  const failure = firstFailure(run);
  const undoneByItself = failure !== undefined && run.failurePolicy === 'rollback';
  if (run.cancelRequested && !undoneByItself) return failed('cancelled', cancelledError(leftOver));
  if (!failure) return { status: 'succeeded', deploymentStatus: 'COMPLETED', error: null, followedByDelete: false };
  const completed = undoneByItself && leftOver.length === 0;
  return failed(run.failurePolicy === 'hold' ? 'held' : 'failed', errorOf(failure, { completed, leftOver }));
}

function concludeRemoval(run: RunSoFar, leftOver: readonly LeftOver[]): Conclusion {
  const failure = firstFailure(run);
  if (run.kind === 'delete' && !failure && leftOver.length === 0) {
    return { status: 'succeeded', deploymentStatus: 'DELETED', error: null, followedByDelete: false };
  }
  if (failure) return failed('failed', errorOf(failure, { completed: false, leftOver }));
  if (leftOver.length > 0) return failed('failed', incompleteError(run.kind, leftOver));
  return failed('succeeded', cancelledError(leftOver));
}

function failed(status: RunStatus, error: DeploymentError): Conclusion {
  return { status, deploymentStatus: 'FAILED', error, followedByDelete: false };
}

/**
 * The first node that failed by itself; skipped ones only follow. A skipped one without a failure or a cancel should not
 * be, and what is missing then must not be called a success.
 */
function firstFailure({ outcomes, cancelRequested }: RunSoFar): NodeOutcome | undefined {
  const failed = outcomes.find((outcome) => outcome.state === 'failed');
  return failed ?? (cancelRequested ? undefined : outcomes.find((outcome) => outcome.state === 'skipped'));
}

function errorOf(
  outcome: NodeOutcome,
  rollback: { completed: boolean; leftOver: readonly LeftOver[] },
): DeploymentError {
  const { failure, key, kind, action } = outcome;
  return {
    type: failure?.type ?? 'Unknown',
    message: failure?.message ?? 'the node was left out without a reason',
    failed_activity: `${action === 'present' ? 'create' : 'delete'} ${kind} ${key}`,
    rollback_completed: rollback.completed,
    left_over: rollback.leftOver,
    ...(failure?.remedy === undefined ? {} : { remedy: failure.remedy }),
    ...(failure?.requestId === undefined ? {} : { request_id: failure.requestId }),
  };
}

function cancelledError(leftOver: readonly LeftOver[]): DeploymentError {
  return {
    type: 'Cancelled',
    message: 'the run was cancelled on request',
    failed_activity: 'cancel',
    rollback_completed: leftOver.length === 0,
    left_over: leftOver,
  };
}

/** No node failed, and yet something remains: the plan did not know of it. */
function incompleteError(kind: RunKind, leftOver: readonly LeftOver[]): DeploymentError {
  return {
    type: 'Incomplete',
    message: `${leftOver.length} resources remain that the plan of the ${kind} did not have`,
    failed_activity: kind,
    rollback_completed: false,
    left_over: leftOver,
    remedy: 'Delete the deployment again.',
  };
}

function leftOverOf(resource: Resource, outcomes: readonly NodeOutcome[]): LeftOver {
  const outcome = outcomes.findLast((candidate) => candidate.key === resource.key && candidate.action === 'absent');
  return {
    key: resource.key,
    kind: resource.kind,
    provider_id: resource.providerId,
    reason: outcome?.failure?.message ?? 'something that stands on it could not be removed',
  };
}
