/**
 * The embedded engine: DBOS on the same PostgreSQL as everything else.
 *
 * What DBOS gives: remembered steps, a queue whose entries can be written in the caller's transaction, replay. What is
 * added here, because the open package lacks it (docs/decisions/0004-engine.md): the graph primitive, take-over of dead
 * workers' runs, and a fence of our own that also guards the ledger.
 *
 * DBOS identifies a step by the ordinal of its call: what runs concurrently in a workflow would swap results on replay. So a
 * whole graph is one step of DBOS, and which of its nodes have ended is in the ledger (docs/decisions/0014-graph-is-a-step.md).
 */

import { DBOS } from '@dbos-inc/dbos-sdk';
import { DBOSExecutor } from '@dbos-inc/dbos-sdk/internal/dbos-executor';
import pg from 'pg';
import { isDatabaseOutage } from '../../ports/database-outage.ts';
import type { Engine, GraphNode, NodeDeed, RunScope, RunWorkflow, StepContext } from '../../ports/engine.ts';
import type { Logger } from '../../ports/logger.ts';
import type { RunStore } from '../../ports/run-store.ts';
import { walkGraph } from '../walk-graph.ts';
import { never, untilItEnds } from './durable-operation.ts';
import { createLeaseKeeper, type HeldLease } from './lease-keeper.ts';
import { createLibraryLog } from './library-log.ts';
import { createWorkerPresence, DEAD_AFTER_MS } from './worker-presence.ts';

/** Part of what is stored with every run: changing it strands runs in flight. See docs/decisions/0004-engine.md. */
const APPLICATION_VERSION = 'groundwork-1';
const QUEUE = 'runs';
const WORKFLOW = 'carry-out-plan';
const TAKE_OVER_MS = 1_000;
/** Few: what many runs ask at once had better wait here than keep PostgreSQL's processes from each other. */
const ENGINE_POOL_SIZE = 4;

export interface EmbeddedEngineOptions {
  readonly databaseUrl: string;
  readonly pool: pg.Pool;
  /** Unique for every process start. */
  readonly workerId: string;
  readonly runs: Pick<RunStore, 'claim' | 'watch' | 'holds' | 'orderSweep'>;
  readonly workflow: RunWorkflow;
  readonly log: Logger;
}

export interface EmbeddedEngine extends Engine {
  readonly runsHeld: () => number;
}

/** The engine's part of the transaction that accepts a run. */
export const enqueueRun: Engine['enqueue'] = async (transaction, runId) => {
  await transaction.query(
    `select dbos.enqueue_workflow(workflow_name => $1, queue_name => $2, workflow_id => $3, app_version => $4, application_name => 'groundwork')`,
    [WORKFLOW, QUEUE, runId, APPLICATION_VERSION],
  );
};

/** One per process: DBOS keeps its state in a static. */
export function createEmbeddedEngine(options: EmbeddedEngineOptions): EmbeddedEngine {
  const { databaseUrl, workerId, log } = options;
  const leases = createLeaseKeeper(options.runs, workerId, log);
  const presence = createWorkerPresence(databaseUrl, workerId, log);
  const enginePool = openEnginePool(databaseUrl, log);
  const stopping = new AbortController();
  const stranded = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  DBOS.registerWorkflow(() => executeRun(leases, options, { stopping: stopping.signal, stranded }), {
    name: WORKFLOW,
    maxRecoveryAttempts: 1_000_000,
  });

  const takeOver = async (): Promise<void> => {
    try {
      await resumeStranded(stranded, log);
      await takeOverDeadWorkers(options, presence);
    } catch (error) {
      log.warn({ err: error }, 'looking for dead workers failed; trying again');
    }
    if (!stopping.signal.aborted) timer = setTimeout(() => void takeOver(), TAKE_OVER_MS);
  };

  return {
    enqueue: enqueueRun,
    async start() {
      DBOS.setConfig({
        name: 'groundwork',
        systemDatabaseUrl: databaseUrl,
        systemDatabasePool: enginePool,
        executorID: workerId,
        applicationVersion: APPLICATION_VERSION,
        useListenNotify: false,
        logger: createLibraryLog(log.child({ part: 'dbos' }), () => performance.now() - presence.sinceHeartbeat()),
      });
      await presence.start();
      await DBOS.launch();
      await DBOS.registerQueue(QUEUE, { minPollingIntervalMs: 50, onConflict: 'always_update' });
      leases.start();
      await takeOver();
    },
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      leases.stop();
      await DBOS.shutdown();
      await enginePool.end();
      await presence.stop();
    },
    async check() {
      const silence = Math.round(presence.sinceHeartbeat());
      if (silence > 10_000) throw new Error(`no heartbeat for ${silence} ms`);
      return { detail: `worker ${workerId}, ${leases.held} runs in hand` };
    },
    runsHeld: () => leases.held,
  };
}

/** DBOS itself hears of connections that break inside its transactions. */
function openEnginePool(connectionString: string, log: Logger): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max: ENGINE_POOL_SIZE,
    keepAlive: true,
    // A frozen worker must not keep locks from its successor.
    idle_in_transaction_session_timeout: DEAD_AFTER_MS,
  });
  pool.on('error', (error) => log.warn({ err: error }, 'an idle connection of the engine broke'));
  return pool;
}

async function executeRun(
  leases: ReturnType<typeof createLeaseKeeper>,
  { workflow, log }: EmbeddedEngineOptions,
  { stopping, stranded }: { stopping: AbortSignal; stranded: Set<string> },
): Promise<void> {
  const runId = DBOS.workflowID ?? '';
  const lease = await untilItEnds(() => leases.take(runId), stopping, log);
  // The run has ended although the engine does not know: the process died between the two.
  if (!lease) return;
  const strand = (): void => {
    leases.drop(lease);
    stranded.add(runId);
  };
  try {
    await workflow(scopeOf(lease, log, strand));
  } finally {
    leases.release(lease);
  }
}

/** @param strand called when the engine could not remember a step: this execution is over, another one must follow */
function scopeOf(lease: HeldLease, log: Logger, strand: () => void): RunScope {
  const context: StepContext = lease;
  const runLog = log.child({ runId: lease.runId });
  const durably = <T>(name: string, deed: () => Promise<T>): Promise<T> =>
    DBOS.runStep(() => untilItEnds(deed, lease.signal, runLog), { name }).catch((error: unknown) => {
      // The deed itself waits outages out, so this is the engine's own: what was done is not remembered.
      if (!isDatabaseOutage(error)) throw error;
      runLog.warn({ err: error, step: name }, 'a step could not be remembered; the run is taken up anew');
      strand();
      return never<T>();
    });
  return {
    runId: lease.runId,
    step: (name, deed) => durably(name, () => deed(context)),
    async graph<T>(nodes: readonly GraphNode[], deed: NodeDeed<T>) {
      const visit = (key: string, before: readonly T[]): Promise<T> =>
        untilItEnds(() => deed(key, before, context), lease.signal, runLog);
      await durably('graph', () => walkGraph(nodes, visit));
    },
  };
}

/** Runs whose execution here ended because the engine lost the database: they go through the queue again. */
async function resumeStranded(stranded: Set<string>, log: Logger): Promise<void> {
  for (const runId of stranded) {
    await DBOS.resumeWorkflow(runId, { queueName: QUEUE });
    stranded.delete(runId);
    log.info({ runId }, 'a run is taken up anew after an outage of the database');
  }
}

async function takeOverDeadWorkers(
  { pool, workerId, log }: EmbeddedEngineOptions,
  presence: ReturnType<typeof createWorkerPresence>,
): Promise<void> {
  const { rows } = await pool.query<{ executor_id: string }>(
    `select distinct executor_id from dbos.workflow_status where status = 'PENDING' and executor_id <> $1`,
    [workerId],
  );
  for (const { executor_id: other } of rows) {
    const { dead, done } = await presence.judge(other);
    if (dead) {
      log.info({ deadWorker: other }, 'taking over the runs of a dead worker');
      await DBOSExecutor.globalInstance?.recoverPendingWorkflows([other]);
    }
    await done();
  }
}
