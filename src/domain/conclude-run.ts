/**
 * What the end of a run's plan means: is it done, must it be undone, is it held? Pure decisions over what the nodes
 * report, so that every case can be read and tested without a cloud.
 */

import type { NewCondition } from './condition.ts';
import type { DeploymentError, DeploymentStatus, LeftOver, RunKind, RunStatus } from './deployment.ts';
import type { Failure } from './failure.ts';
import type { JsonObject } from './json.ts';
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
  if (!UNDOABLE.has(run.kind) || run.thenDelete) return 'finish';
  if (run.cancelRequested) return 'roll back';
  return run.failurePolicy === 'rollback' && firstFailure(run) ? 'roll back' : 'finish';
}

/** Kinds of run that are undone when they are cancelled, or when they fail under the policy to roll back. */
const UNDOABLE: ReadonlySet<RunKind> = new Set(['deploy', 'scale', 'update']);

/** Kinds that change a deployment which goes on to exist, whatever becomes of the change. */
const CHANGES: ReadonlySet<RunKind> = new Set(['scale', 'update', 'configure', 'heal']);

/** The state of a deployment while such a run goes on. */
export const STATUS_DURING = {
  scale: 'SCALING',
  update: 'UPDATING',
  configure: 'CONFIGURING',
  heal: 'UPDATING',
} as const satisfies Partial<Record<RunKind, DeploymentStatus>>;

export interface Conclusion {
  readonly status: RunStatus;
  readonly deploymentStatus: DeploymentStatus;
  readonly error: DeploymentError | null;
  /** A delete was ordered while the run was going on: it follows now. */
  readonly followedByDelete: boolean;
  /** What is to be said about the deployment beside its state. */
  readonly conditions?: readonly NewCondition[];
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
  if (isChange(run.kind)) return concludeChange(run, run.kind, leftOver);
  const failure = firstFailure(run);
  const undoneByItself = failure !== undefined && run.failurePolicy === 'rollback';
  if (run.cancelRequested && !undoneByItself) return failed('cancelled', cancelledError(leftOver));
  if (!failure) return { status: 'succeeded', deploymentStatus: 'COMPLETED', error: null, followedByDelete: false };
  const completed = undoneByItself && leftOver.length === 0;
  return failed(run.failurePolicy === 'hold' ? 'held' : 'failed', errorOf(failure, { completed, leftOver }));
}

type ChangeKind = keyof typeof STATUS_DURING;

function isChange(kind: RunKind): kind is ChangeKind {
  return CHANGES.has(kind);
}

/** A change that failed is the run's failure: the deployment goes on, with a condition that says so. */
function concludeChange(run: RunSoFar, kind: ChangeKind, leftOver: readonly LeftOver[]): Conclusion {
  const failure = firstFailure(run);
  const completed = { deploymentStatus: 'COMPLETED', followedByDelete: false } as const;
  if (!failure && !run.cancelRequested && leftOver.length === 0) {
    return { ...completed, status: 'succeeded', error: null, conditions: [conditionOf(kind)] };
  }
  const error = errorOfChange(run, kind, leftOver);
  const conditions = [conditionOf(kind, error)];
  if (failure && isToBeHeld(run, failure)) {
    return { ...completed, status: 'held', deploymentStatus: STATUS_DURING[kind], error, conditions };
  }
  return { ...completed, status: run.cancelRequested && !failure ? 'cancelled' : 'failed', error, conditions };
}

/** A deed that may not be done twice is held as well: only a person knows how far it came. */
function isToBeHeld({ cancelRequested, failurePolicy }: RunSoFar, { failure }: NodeOutcome): boolean {
  return !cancelRequested && (failurePolicy === 'hold' || failure?.type === 'Interrupted');
}

function errorOfChange(run: RunSoFar, kind: ChangeKind, leftOver: readonly LeftOver[]): DeploymentError {
  const failure = firstFailure(run);
  if (failure)
    return errorOf(failure, { completed: run.failurePolicy === 'rollback' && leftOver.length === 0, leftOver });
  return run.cancelRequested ? cancelledError(leftOver) : incompleteError(kind, leftOver);
}

function conditionOf(kind: ChangeKind, error?: DeploymentError): NewCondition {
  const type = kind === 'configure' ? 'Configured' : 'Degraded';
  if (!error) {
    const status = kind === 'configure' ? 'True' : 'False';
    return { type, status, reason: `${REASON_OF[kind]}Succeeded`, message: `the last ${kind} succeeded` };
  }
  const status = kind === 'configure' ? 'False' : 'True';
  const message = `the last ${kind} failed at ${error.failed_activity}: ${error.message}`;
  return { type, status, reason: error.type, message };
}

const REASON_OF = { scale: 'Scale', update: 'Update', configure: 'Configure', heal: 'Heal' } as const;

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
    failed_activity: `${VERBS[action]} ${kind} ${key}`,
    rollback_completed: rollback.completed,
    left_over: rollback.leftOver,
    ...(failure?.remedy === undefined ? {} : { remedy: failure.remedy }),
    ...(failure?.requestId === undefined ? {} : { request_id: failure.requestId }),
  };
}

const VERBS = { present: 'create', update: 'update', absent: 'delete', act: 'run' } as const;

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

/** What a run that ended well leaves in the metadata of its deployment. @param now RFC 3339 */
export function metadataOf(kind: RunKind, request: JsonObject | null, now: string): JsonObject {
  if (kind === 'scale') {
    const { vm_type, previous_count, target_count } = request ?? {};
    return {
      scaled_at: now,
      scaled_vm_type: vm_type ?? null,
      previous_count: previous_count ?? null,
      current_count: target_count ?? null,
    };
  }
  if (kind !== 'configure') return {};
  return { configured: true, playbook: request?.['playbook'] ?? null, configured_at: now };
}
