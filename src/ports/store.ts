/**
 * Store: what we ask of the database. Every function is one committed change or one consistent reading.
 * Functions that take a `Lease` write on behalf of a run and are fenced: when another worker has taken the run over,
 * they change nothing and throw LeaseLost.
 */

import type { NewCondition } from '../domain/condition.ts';
import type { Budget, Deployment, DeploymentStatus, DriftPolicy } from '../domain/deployment.ts';
import type { Durations } from '../domain/estimate.ts';
import type { Event } from '../domain/event.ts';
import type { Workers } from '../domain/explain.ts';
import type { JsonObject } from '../domain/json.ts';
import type { ResourceState } from '../domain/resource.ts';
import type { StalledNode } from '../domain/stalled.ts';
import type { Template } from '../domain/template.ts';
import type { DriftStore, OrphanStore, RegionCheckStore } from './drift-store.ts';
import type { Transaction } from './engine.ts';
import type { PlanStore } from './plan-store.ts';
import type { Reservations } from './reservations.ts';
import type { ExpiryStore } from './expiry-store.ts';
import type { DeliveryStore, WebhookStore } from './webhook-store.ts';
import type { LateSweepStore, Ledger, NewEvent, NewRun, RunCounts, RunRecord, RunStore } from './run-store.ts';

/** The database cannot be reached or is not itself, as opposed to refusing what was asked. The same work can succeed later. */
export class StoreUnavailable extends Error {
  constructor(cause: unknown) {
    super('the database does not answer', { cause });
    this.name = 'StoreUnavailable';
  }
}

/** The few facts of a living resource that a view of its deployment shows. */
export interface ResourceFacts {
  readonly key: string;
  readonly state: Exclude<ResourceState, 'deleted'>;
  readonly providerId: string | null;
  readonly name: string | null;
  readonly ip: string | null;
}

/** A deployment without what is only for planning. */
export type ShownDeployment = Omit<Deployment, 'config' | 'activeRun'>;

export interface DeploymentWithProgress {
  readonly deployment: ShownDeployment;
  /** The active or held run. */
  readonly run: RunCounts | null;
}

export interface DeploymentView extends DeploymentWithProgress {
  readonly resources: readonly ResourceFacts[];
}

/** What is shown of a deployment, and of its active run, from an event on. */
export interface Shown {
  readonly deployment: ShownDeployment;
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
  view(id: string): Promise<DeploymentView | undefined>;
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
