/**
 * One worker's execution of one run: what it knows about the owner's resources, and how it reaches the cloud. Held in
 * memory only; a worker that takes the run up builds its own from the ledger.
 */

import type { NodeOutcome } from '../domain/conclude-run.ts';
import type { RunPhase } from '../domain/deployment.ts';
import type { Failure } from '../domain/failure.ts';
import type { Plan, PlanNode } from '../domain/plan.ts';
import type { Resource } from '../domain/resource.ts';
import type { Actor } from '../ports/actor.ts';
import type { CallContext, Driver, Region, ResourceRef } from '../ports/driver.ts';
import type { StepContext } from '../ports/engine.ts';
import type { Measurements } from '../ports/measurements.ts';
import type { Logger } from '../ports/logger.ts';
import type { Lease, RunRecord } from '../ports/run-store.ts';
import type { Store } from '../ports/store.ts';
import type { Finder } from './finder.ts';
import type { Poller } from './poller.ts';

export interface RunDependencies {
  readonly store: Store;
  readonly regions: { get(name: string): Region | undefined };
  /** Who does what leaves nothing to own, by kind. */
  readonly actors?: ReadonlyMap<string, Actor>;
  readonly poller: Poller;
  readonly log: Logger;
  /** In [0, 1); spreads retries. */
  readonly random: () => number;
  /** UUIDv7, for the run that a conclusion may start. */
  readonly newId: () => string;
  readonly measurements: Pick<Measurements, 'nodeFinished' | 'runFinished'>;
}

export interface Execution {
  readonly run: RunRecord;
  /** Plan of each phase; the rollback's is made when it is decided upon. */
  readonly plans: { readonly forward: Plan; rollback: Plan | null };
  readonly lease: Lease;
  /** Names of the regions that the run may have touched. */
  readonly regions: readonly string[];
  /** The owner's resources by key: the living ones, and what became of them during this execution. */
  readonly resources: Map<string, Resource>;
  readonly generations: Map<string, number>;
  readonly finder: Finder;
  readonly log: Logger;
  /** How nodes ended under an earlier worker, by `phase key`: what was recorded stands, whoever is asked again. */
  readonly ended: ReadonlyMap<string, NodeOutcome['state']>;
  /** Aborts when waiting for others no longer makes sense: a failure that will be rolled back, or a cancel. */
  readonly giveUp: AbortController;
}

/** Everything one node needs while it is executed. */
export interface NodeWork {
  readonly dependencies: RunDependencies;
  readonly execution: Execution;
  readonly phase: RunPhase;
  readonly node: PlanNode;
  readonly driver: Driver;
  readonly region: Region;
  readonly context: StepContext;
  /** Aborts when the node's time is up or the worker must stop. */
  readonly signal: AbortSignal;
  /** Ends the node's time limit. */
  readonly close: () => void;
}

export function callContext(work: Pick<NodeWork, 'context' | 'signal'>): CallContext {
  return { signal: work.signal, beforeEffect: () => work.context.confirm() };
}

export function refOf(resource: Resource, providerId: string): ResourceRef {
  const { owner, key, generation, wanted } = resource;
  return { providerId, mark: { owner, key, generation }, wanted };
}

/** A node's own failure, as opposed to the worker's or the database's. */
export class NodeFailed extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.name = 'NodeFailed';
    this.failure = failure;
  }
}

/** The node stopped waiting because the run is going to be undone. */
export class GaveUp extends Error {
  constructor() {
    super('stopped waiting because the run is being undone');
    this.name = 'GaveUp';
  }
}

/** Nodes of a run that have come to an end, as the ledger tells them, by `phase key`. */
export async function endedNodes(store: Store, runId: string): Promise<Map<string, NodeOutcome['state']>> {
  const nodes = await store.runs.nodes(runId);
  return new Map(
    nodes.flatMap(({ phase, key, state }) =>
      state === 'done' || state === 'failed' || state === 'skipped' ? [[`${phase} ${key}`, state] as const] : [],
    ),
  );
}

/** Outcomes of the nodes of one phase as the ledger tells them. */
export async function outcomesOf(store: Store, runId: string, phase: RunPhase): Promise<NodeOutcome[]> {
  const nodes = await store.runs.nodes(runId);
  return nodes
    .filter((node) => node.phase === phase)
    .toSorted((a, b) => (a.finishedAt ?? '~').localeCompare(b.finishedAt ?? '~'))
    .map(({ key, kind, action, state, error }) => ({
      key,
      kind,
      action,
      state: state === 'done' || state === 'failed' ? state : 'skipped',
      ...(error === null ? {} : { failure: error as unknown as Failure }), // written by failureToJson
    }));
}
