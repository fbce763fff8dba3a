/**
 * Engine: what makes a run durable. A workflow is a function of its scope; the engine remembers the result of every
 * step and, after a crash, runs the function again with the remembered results until it reaches what is still to do.
 *
 * The rule that keeps a workflow portable between engines: its only concurrency is `graph` (and plain `Promise.all` of
 * steps). Everything that touches the world happens inside a step.
 */

import type { Json } from '../domain/json.ts';

/** An open SQL transaction of the store; lets the engine record a start together with the caller's own rows. */
export interface Transaction {
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

export interface StepContext {
  readonly runId: string;
  /** Grows each time a worker takes the run up; the ledger refuses writes that carry an older one. */
  readonly fence: number;
  /** Aborts when this worker must not go on with the run: it lost its lease, or the process is stopping. */
  readonly signal: AbortSignal;
  /** Aborts when an ordered cancel was requested: start nothing new. */
  readonly cancelRequested: AbortSignal;
  /**
   * Asks the database whether this worker still holds the run; to be awaited right before anything outside is changed.
   * @throws LeaseLost
   */
  readonly confirm: () => Promise<void>;
}

export interface GraphNode {
  readonly key: string;
  readonly dependsOn: readonly string[];
}

export type NodeDeed<T> = (key: string, predecessors: readonly T[], context: StepContext) => Promise<T>;

export interface RunScope {
  readonly runId: string;
  /** One durable step. `name` is for people; results are kept by the order of calls. */
  step<T extends Json>(name: string, deed: (context: StepContext) => Promise<T>): Promise<T>;
  /**
   * One durable step for all nodes; each starts when all its predecessors have ended, and is told their results. Taken up by
   * another worker the deed is asked for every node again: it answers for those that have ended from what it recorded.
   */
  graph<T>(nodes: readonly GraphNode[], deed: NodeDeed<T>): Promise<void>;
}

/** The one workflow: everything Groundwork does durably is a run of a plan. */
export type RunWorkflow = (scope: RunScope) => Promise<void>;

export interface Engine {
  /** Records the start of a run inside the caller's transaction: committed, it will run; rolled back, it never was. */
  enqueue(transaction: Transaction, runId: string): Promise<void>;
  /** Connects and, for a worker, takes up new runs and those of dead workers. */
  start(): Promise<void>;
  /** Stops taking up runs and lets go of those in flight; they continue at the next start. */
  stop(): Promise<void>;
  /** @throws with a sentence when the engine cannot work now. */
  check(): Promise<{ detail: string }>;
}
