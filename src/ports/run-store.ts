/**
 * Run store and ledger: what we ask of the database on behalf of runs. Functions that take a `Lease` are fenced: when
 * another worker has taken the run over, they change nothing and throw LeaseLost.
 */

import type { NodeFacts } from '../domain/blocking-node.ts';
import type { NewCondition } from '../domain/condition.ts';
import type {
  DeploymentError,
  DeploymentStatus,
  LeftOver,
  NodeState,
  Run,
  RunKind,
  RunPhase,
  RunStatus,
  Target,
} from '../domain/deployment.ts';
import type { EventType } from '../domain/event.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Plan, PlanNode } from '../domain/plan.ts';
import type { Resource } from '../domain/resource.ts';

/** The right to write on behalf of a run. */
export interface Lease {
  readonly runId: string;
  readonly fence: number;
}

export interface NewEvent {
  readonly type: EventType;
  readonly runId?: string;
  readonly key?: string;
  readonly data?: JsonObject;
}

export interface NewRun {
  readonly id: string;
  readonly kind: RunKind;
  readonly plan: Plan;
  /** What the deployment adopts when the run succeeds. */
  readonly target?: Target;
  /** Inputs of a run that is more than its plan. */
  readonly request?: JsonObject;
}

export type RunNode = NodeFacts;

export interface RunRecord extends Run {
  readonly plan: Plan;
  readonly rollbackPlan: Plan | null;
  readonly target: Target | null;
  readonly request: JsonObject | null;
  readonly cancelRequestedAt: string | null;
  readonly thenDelete: boolean;
}

/** How far a run has come, counted in nodes of its current phase. */
export interface RunCounts {
  readonly id: string;
  readonly kind: RunKind;
  readonly status: RunStatus;
  readonly phase: RunPhase;
  readonly startedAt: string | null;
  readonly estimatedMs: number;
  readonly total: number;
  readonly done: number;
  readonly failed: number;
}

export interface RunStore {
  get(runId: string): Promise<RunRecord | undefined>;
  /** Newest first. */
  listByDeployment(deploymentId: string): Promise<{ run: RunRecord; counts: RunCounts }[]>;
  nodes(runId: string): Promise<RunNode[]>;
  /** Takes a run up: no older lease can write from now on. Undefined when the run has ended. */
  claim(runId: string, worker: string): Promise<Lease | undefined>;
  /** Which of these runs were asked to cancel, and which are held by a newer lease. */
  watch(leases: readonly Lease[]): Promise<{ cancelled: string[]; lost: string[] }>;
  /** Whether the lease is still the newest one. */
  holds(lease: Lease): Promise<boolean>;
  /** A worker found out that it was replaced: what it sent meanwhile may land late, so its owner is looked at once more. */
  orderSweep(runId: string): Promise<void>;
  begin(lease: Lease): Promise<RunRecord>;
  beginRollback(lease: Lease, plan: Plan, reason: string): Promise<void>;
  /** What came of a deed; shown with the run, whether or not it succeeded. */
  recordResult(lease: Lease, result: JsonObject): Promise<void>;
  /**
   * Ends the run, sets the deployment's state and, when ordered, starts the next run: one transaction. A run that did not
   * pass quietly (taken over, answers lost, calls failed) gets a late sweep.
   * @returns false when an order to delete came in since `thenDelete` was read: conclude again
   */
  finish(
    lease: Lease,
    end: {
      status: RunStatus;
      error: DeploymentError | null;
      deploymentStatus: DeploymentStatus;
      leftOver: readonly LeftOver[];
      /** What the conclusion was based on. */
      thenDelete: boolean;
      next?: NewRun;
      /** Merged into the deployment's. */
      metadata?: JsonObject;
      conditions?: readonly NewCondition[];
      /** The deployment adopts the run's target. */
      adopt?: boolean;
      result?: JsonObject;
      /** The last look could not see everything. */
      sweepIncomplete?: boolean;
    },
  ): Promise<boolean>;
}

/**
 * Owners that are looked at once more some time after a run of theirs has ended, because something may have landed after
 * the run's own last look.
 */
export interface LateSweepStore {
  /** Takes the one that is due for the longest time; nobody else gets it for a while. None while a run of its deployment is active. */
  take(): Promise<{ run: RunRecord; lease: Lease } | undefined>;
  /** Whether there is still no active run, which would need no help and must not be disturbed. */
  mayGoOn(lease: Lease): Promise<boolean>;
  done(runId: string): Promise<void>;
}

export interface Ledger {
  /** All living resources of an owner, and the deleted ones when asked. */
  resources(owner: string, options?: { withDeleted?: boolean }): Promise<Resource[]>;
  /** Highest generation ever used, by key. */
  generations(owner: string): Promise<Map<string, number>>;
  /** Commits the intent to create, before any outside call; returns the row that stands. */
  intend(
    lease: Lease,
    phase: RunPhase,
    node: PlanNode,
    intent: { owner: string; generation: number; wanted: JsonObject },
  ): Promise<Resource>;
  /** The cloud's id became known. */
  recordProviderId(lease: Lease, resource: Resource, providerId: string): Promise<void>;
  /** It exists and is ready; ends the node. */
  complete(
    lease: Lease,
    phase: RunPhase,
    resource: Resource,
    done: { providerId: string; outputs: JsonObject },
  ): Promise<void>;
  /** Commits the intent to change, before any outside call; undefined when nothing of this key stands. */
  intendUpdate(lease: Lease, phase: RunPhase, node: PlanNode, owner: string): Promise<Resource | undefined>;
  /** It is as wanted; ends the node. */
  completeUpdate(
    lease: Lease,
    phase: RunPhase,
    resource: Resource,
    done: { wanted: JsonObject; outputs: JsonObject },
  ): Promise<void>;
  /** Commits the intent to remove, before any outside call; undefined when nothing of this key lives. */
  intendRemoval(lease: Lease, phase: RunPhase, node: PlanNode, owner: string): Promise<Resource | undefined>;
  /** It is gone; ends the node, unless another is to take its place. */
  completeRemoval(lease: Lease, phase: RunPhase, resource: Resource, options?: { isLast: boolean }): Promise<void>;
  /** Any other change of a node: waiting, retrying, failed, skipped. */
  recordNode(
    lease: Lease,
    phase: RunPhase,
    node: Pick<PlanNode, 'key' | 'kind' | 'region' | 'action'>,
    change: { state: NodeState; detail?: string; error?: JsonObject; attempt?: number; nextRetryInMs?: number },
  ): Promise<void>;
  /** A node that is refused again for the same reason asks at another time: no event, because nothing else is new. */
  postpone(lease: Lease, phase: RunPhase, key: string, nextRetryInMs: number): Promise<void>;
  /** Events of a run that belong to no node. */
  recordEvent(lease: Lease, event: NewEvent): Promise<void>;
}
