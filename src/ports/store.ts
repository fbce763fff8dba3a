/**
 * Store: what we ask of the database. Every function is one committed change or one consistent reading.
 * Functions that take a `Lease` write on behalf of a run and are fenced: when another worker has taken the run over,
 * they change nothing and throw LeaseLost.
 */

import type { NewCondition } from '../domain/condition.ts';
import type {
  Budget,
  Deployment,
  DeploymentError,
  DeploymentStatus,
  DriftPolicy,
  LeftOver,
  NodeState,
  Run,
  RunKind,
  RunPhase,
  RunStatus,
  Target,
} from '../domain/deployment.ts';
import type { Durations } from '../domain/estimate.ts';
import type { Event, EventType } from '../domain/event.ts';
import type { Workers } from '../domain/explain.ts';
import type { JsonObject } from '../domain/json.ts';
import type { NodeAction, Plan, PlanNode } from '../domain/plan.ts';
import type { Resource, ResourceState } from '../domain/resource.ts';
import type { StalledNode } from '../domain/stalled.ts';
import type { Template } from '../domain/template.ts';
import type { DriftStore, OrphanStore, RegionCheckStore } from './drift-store.ts';
import type { Transaction } from './engine.ts';
import type { PlanStore } from './plan-store.ts';
import type { Reservations } from './reservations.ts';
import type { ExpiryStore } from './expiry-store.ts';
import type { DeliveryStore, WebhookStore } from './webhook-store.ts';

/** The right to write on behalf of a run. */
export interface Lease {
  readonly runId: string;
  readonly fence: number;
}

/** The database cannot be reached or is not itself, as opposed to refusing what was asked. The same work can succeed later. */
export class StoreUnavailable extends Error {
  constructor(cause: unknown) {
    super('the database does not answer', { cause });
    this.name = 'StoreUnavailable';
  }
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

export interface RunNode {
  readonly phase: RunPhase;
  readonly key: string;
  readonly kind: string;
  readonly action: NodeAction;
  readonly state: NodeState;
  readonly attempt: number;
  readonly detail: string | null;
  readonly error: JsonObject | null;
  /** When it asks again after a refusal. */
  readonly nextRetryAt: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

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

/** The few facts of a living resource that a view of its deployment shows. */
export interface ResourceFacts {
  readonly key: string;
  readonly state: Exclude<ResourceState, 'deleted'>;
  readonly providerId: string | null;
  readonly name: string | null;
  readonly ip: string | null;
}

export interface DeploymentWithProgress {
  readonly deployment: Deployment;
  /** The active or held run. */
  readonly run: RunCounts | null;
}

export interface DeploymentView extends DeploymentWithProgress {
  readonly resources: readonly ResourceFacts[];
}

/** What is shown of a deployment, and of its active run, from an event on. */
export interface Shown {
  readonly deployment: Deployment;
  readonly run: Omit<RunCounts, 'done' | 'failed'> | null;
}

export interface HistoricEvent extends Event {
  readonly shown: Shown | null;
}

export interface DeploymentFilter {
  readonly status?: DeploymentStatus;
  readonly region?: string;
  readonly template?: string;
  readonly name?: string;
  readonly limit: number;
  /** Id of the last item seen, after which to go on. */
  readonly after?: string;
}

/**
 * Runs at the beginning of the transaction that accepts a run; what it throws refuses the run. Nothing that it wrote stays
 * when the run is refused, by it or otherwise.
 */
export type AcceptGuard = (transaction: Transaction) => Promise<void>;

export interface DeploymentStore {
  /** Deployment, plan, run, events, idempotency key and the engine's start in one transaction. */
  accept(input: {
    deployment: Omit<Deployment, 'createdAt' | 'updatedAt' | 'metadata' | 'error' | 'conditions'>;
    run: NewRun;
    events: readonly NewEvent[];
    idempotency?: { apiKeyId: string; key: string; requestHash: string };
    /** Id of the API key that asked. */
    createdBy?: string;
    guard?: AcceptGuard;
  }): Promise<{ createdAt: string }>;
  /** The earlier answer for an idempotency key. */
  findIdempotent(
    apiKeyId: string,
    key: string,
  ): Promise<{ requestHash: string; deployment: Pick<Deployment, 'id' | 'name' | 'createdAt'> } | undefined>;
  get(id: string): Promise<Deployment | undefined>;
  /** Everything that a view shows, in one reading. */
  view(id: string): Promise<(DeploymentWithProgress & { resources: ResourceFacts[] }) | undefined>;
  list(filter: DeploymentFilter): Promise<{ items: DeploymentWithProgress[]; total: number }>;
  /** A further run of a living deployment, in one transaction with its start. Refused (false) when a run is active. */
  acceptRun(input: {
    deploymentId: string;
    run: NewRun;
    status: DeploymentStatus;
    /** Called inside the transaction with the deployment locked; returns false to refuse. */
    stillAllowed: (deployment: Deployment, activeRun: RunRecord | undefined) => boolean;
    events: readonly NewEvent[];
    guard?: AcceptGuard;
  }): Promise<boolean>;
  /** Orders the active run to stop in order; with `thenDelete` the deployment is deleted when it has stopped. */
  /** Changes what needs no run, with an event; what is left out stays. */
  changeSettings(
    deploymentId: string,
    settings: { readonly driftPolicy?: DriftPolicy; readonly budget?: Budget | null },
  ): Promise<void>;
  /** Says something new about a deployment; false when it was said before. */
  setCondition(deploymentId: string, condition: NewCondition): Promise<boolean>;
  requestCancel(input: { deploymentId: string; runId: string; thenDelete: boolean }): Promise<boolean>;
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

export interface EventStore {
  list(deploymentId: string, after: number, limit: number): Promise<Event[]>;
  /** All events until then, in order. @param at RFC 3339, to the microsecond */
  until(deploymentId: string, at: string): Promise<HistoricEvent[]>;
  /** Number of the newest event of each deployment, and whether a run is active. */
  heads(deploymentIds: readonly string[]): Promise<Map<string, { last: number; active: boolean }>>;
}

export interface TemplateStore {
  list(): Promise<Template[]>;
  /** Newest living version, or the version that is named (also of deleted templates). */
  get(name: string, version?: number): Promise<Template | undefined>;
  /** Adds a version. `new` refuses (undefined) when the name lives; `next` refuses when it does not. */
  add(input: {
    name: string;
    description: string | null;
    body: JsonObject;
    mode: 'new' | 'next';
  }): Promise<Template | undefined>;
  remove(name: string): Promise<boolean>;
}

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly scope: 'read' | 'write' | 'admin';
  readonly createdAt: string;
}

export interface KeyStore {
  findByHash(hash: string): Promise<ApiKey | undefined>;
  list(): Promise<ApiKey[]>;
  add(input: { id: string; name: string; scope: ApiKey['scope']; hash: string }): Promise<ApiKey>;
  remove(id: string): Promise<boolean>;
}

export interface WorkerStore {
  /** Who executes a run, and how many workers are alive. */
  attending(runId: string): Promise<Workers>;
}

export interface StallStore {
  /**
   * Deployments of which a node is at work for too long, or which are said to have one.
   * @param limits milliseconds by `region kind action`; what is not in it counts by its estimate
   */
  look(limits: ReadonlyMap<string, number>): Promise<
    {
      readonly deploymentId: string;
      readonly node: StalledNode | undefined;
      /** What the condition says now. */
      readonly told: string | undefined;
    }[]
  >;
}

export interface HistoryStore {
  /** Percentiles of the duration of past nodes, in milliseconds, by `region kind action`. */
  durations(): Promise<Durations>;
}

export interface Store {
  readonly deployments: DeploymentStore;
  readonly runs: RunStore;
  readonly lateSweeps: LateSweepStore;
  readonly ledger: Ledger;
  readonly events: EventStore;
  readonly regionChecks: RegionCheckStore;
  readonly drift: DriftStore;
  readonly orphans: OrphanStore;
  readonly templates: TemplateStore;
  readonly keys: KeyStore;
  readonly history: HistoryStore;
  readonly plans: PlanStore;
  readonly reservations: Reservations;
  readonly workers: WorkerStore;
  readonly stalls: StallStore;
  readonly webhooks: WebhookStore;
  readonly deliveries: DeliveryStore;
  readonly expiries: ExpiryStore;
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  check(): Promise<{ detail: string }>;
  close(): Promise<void>;
}
