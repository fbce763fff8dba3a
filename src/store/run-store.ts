/**
 * Runs in PostgreSQL: taking them up under a fence, and ending them.
 */

import { criticalPathMs } from '../domain/plan.ts';
import { LeaseLost } from '../ports/driver.ts';
import type { Engine, Transaction } from '../ports/engine.ts';
import type { Lease, NewEvent, RunRecord, RunStore } from '../ports/run-store.ts';
import { appendEvents } from './appended-events.ts';
import { setConditions } from './conditions.ts';
import type { Database } from './database.ts';
import { insertRun } from './deployment-store.ts';
import { SWEEP_AGAIN_AFTER } from './late-sweep-store.ts';
import {
  RUN_COLUMNS,
  RUN_COUNTS,
  RUN_NODE_COLUMNS,
  type RunCountsRow,
  type RunNodeRow,
  type RunRow,
  runCountsFromRow,
  runFromRow,
  runNodeFromRow,
} from './rows.ts';

export function createRunStore(database: Database, enqueue: Engine['enqueue']): RunStore {
  return {
    async get(runId) {
      const [row] = await database.read<RunRow>(`select ${RUN_COLUMNS} from runs where id = $1`, [runId]);
      return row && runFromRow(row);
    },
    async listByDeployment(deploymentId) {
      const rows = await database.query<RunRow & { counts: RunCountsRow }>(
        `select ${RUN_COLUMNS}, ${RUN_COUNTS} as counts from runs r where deployment_id = $1 order by created_at desc, id desc`,
        [deploymentId],
      );
      return rows.map((row) => ({ run: runFromRow(row), counts: runCountsFromRow(row.counts) }));
    },
    async nodes(runId) {
      const rows = await database.query<RunNodeRow>(
        `select ${RUN_NODE_COLUMNS} from run_nodes where run_id = $1 order by started_at`,
        [runId],
      );
      return rows.map(runNodeFromRow);
    },
    async claim(runId, worker) {
      const [row] = await database.query<{ fence: number }>(
        `update runs set fence = fence + 1, worker = $2
          where id = $1 and status in ('pending', 'running', 'rolling_back') returning fence`,
        [runId, worker],
      );
      return row && { runId, fence: row.fence };
    },
    watch: (leases) => watch(database, leases),
    async holds({ runId, fence }) {
      const rows = await database.read('select 1 from runs where id = $1 and fence = $2', [runId, fence]);
      return rows.length > 0;
    },
    async orderSweep(runId) {
      await database.query(`update runs set sweep_again_at = clock_timestamp() + ${SWEEP_AGAIN_AFTER} where id = $1`, [
        runId,
      ]);
    },
    begin: (lease) => database.transaction((tx) => begin(tx, lease)),
    beginRollback: (lease, plan, reason) =>
      database.transaction(async (tx) => {
        const run = await fenced(tx, lease);
        if (run.phase === 'rollback') return;
        await tx.query(
          `update runs set status = 'rolling_back', phase = 'rollback', rollback_plan = $2, total = $3, estimated_ms = $4 where id = $1`,
          [lease.runId, plan, plan.nodes.length, criticalPathMs(plan.nodes)],
        );
        const data = { reason, total: plan.nodes.length };
        await appendEvents(tx, run.deploymentId, [{ type: 'run.rollback', runId: lease.runId, data }]);
      }),
    recordResult: (lease, result) =>
      database.transaction(async (tx) => {
        await fenced(tx, lease);
        await tx.query('update runs set result = $2 where id = $1', [lease.runId, result]);
      }),
    finish: (lease, end) => database.transaction((tx) => finish(tx, enqueue, lease, end)),
  };
}

async function watch(database: Database, leases: readonly Lease[]): Promise<{ cancelled: string[]; lost: string[] }> {
  if (leases.length === 0) return { cancelled: [], lost: [] };
  const rows = await database.query<{ id: string; fence: number; cancelled: boolean }>(
    'select id, fence, cancel_requested_at is not null as cancelled from runs where id = any($1)',
    [leases.map((lease) => lease.runId)],
  );
  const fenceOf = new Map(leases.map((lease) => [lease.runId, lease.fence]));
  return {
    cancelled: rows.filter((row) => row.cancelled).map((row) => row.id),
    lost: rows.filter((row) => row.fence !== fenceOf.get(row.id)).map((row) => row.id),
  };
}

/** Locks the run's row for the rest of the transaction. @throws LeaseLost */
async function fenced(tx: Transaction, lease: Lease): Promise<RunRecord> {
  const [row] = await tx.query<RunRow>(`select ${RUN_COLUMNS} from runs where id = $1 and fence = $2 for update`, [
    lease.runId,
    lease.fence,
  ]);
  if (!row) throw new LeaseLost(lease.runId);
  return runFromRow(row);
}

async function begin(tx: Transaction, lease: Lease): Promise<RunRecord> {
  const run = await fenced(tx, lease);
  if (run.status !== 'pending') return run;
  await tx.query(`update runs set status = 'running', started_at = now() where id = $1`, [lease.runId]);
  const events: NewEvent[] = [
    { type: 'run.started', runId: lease.runId, data: { kind: run.kind, total: run.plan.nodes.length } },
  ];
  if (run.kind === 'deploy') {
    const moved = await tx.query(
      `update deployments set status = 'IN_PROGRESS' where id = $1 and status = 'PENDING' returning id`,
      [run.deploymentId],
    );
    if (moved.length > 0)
      events.push({ type: 'deployment.status', runId: lease.runId, data: { status: 'IN_PROGRESS' } });
  }
  await appendEvents(tx, run.deploymentId, events);
  return { ...run, status: 'running' };
}

async function finish(
  tx: Transaction,
  enqueue: Engine['enqueue'],
  lease: Lease,
  end: Parameters<RunStore['finish']>[1],
): Promise<boolean> {
  const run = await fenced(tx, lease);
  const { status, error, next } = end;
  if (run.finishedAt !== null) return true;
  if (run.thenDelete !== end.thenDelete) return false;
  await tx.query(END_RUN, [lease.runId, status, error, end.sweepIncomplete ?? false, end.result ?? null]);
  const active = next?.id ?? (status === 'held' ? lease.runId : null);
  await tx.query(END_IN_DEPLOYMENT, [run.deploymentId, ...endValues(end, active), ...adoptedValues(run, end)]);
  await setConditions(tx, run.deploymentId, end.conditions ?? []);
  if (next) await insertRun(tx, enqueue, run.deploymentId, next);
  await appendEvents(tx, run.deploymentId, eventsOfEnd(run, end));
  return true;
}

type End = Parameters<RunStore['finish']>[1];

function endValues({ deploymentStatus, error, metadata }: End, active: string | null): unknown[] {
  return [deploymentStatus, deploymentStatus === 'FAILED' ? error : null, active, metadata ?? {}];
}

function adoptedValues({ target }: RunRecord, { adopt = false }: End): unknown[] {
  if (!adopt || !target) return [null, null, null];
  return [target.parameters, target.overrides, target.config];
}

function eventsOfEnd({ id, kind, target }: RunRecord, end: End): NewEvent[] {
  const { status, error, leftOver, metadata, deploymentStatus, adopt = false, next } = end;
  const finished = { kind, status, left_over: leftOver.length, error: error && { ...error, left_over: [] } };
  const events: NewEvent[] = [
    { type: 'run.finished', runId: id, data: { ...finished, ...(metadata && { metadata }) } },
    { type: 'deployment.status', runId: id, data: { status: deploymentStatus } },
  ];
  if (adopt && target) {
    const { parameters, overrides } = target;
    events.push({ type: 'deployment.changed', runId: id, data: { parameters, overrides } });
  }
  if (next) {
    events.push({ type: 'run.accepted', runId: next.id, data: { kind: next.kind, total: next.plan.nodes.length } });
  }
  return events;
}

/** $5 metadata to merge; $6 parameters, $7 overrides and $8 configuration to adopt. */
const END_IN_DEPLOYMENT = `update deployments
    set status = $2, error = $3, active_run = $4, metadata = metadata || $5::jsonb, parameters = coalesce($6::json, parameters),
        overrides = coalesce($7::json, overrides), config = coalesce($8::json, config), updated_at = now()
  where id = $1`;

/** $4: the last look was incomplete. */
const END_RUN = `update runs
    set status = $2, error = $3, finished_at = clock_timestamp(), result = coalesce($5::jsonb, result),
        sweep_again_at = case
          when $4 or fence > 1
            or exists (select from run_nodes where run_id = $1 and (attempt > 1 or state = 'failed'))
          then clock_timestamp() + ${SWEEP_AGAIN_AFTER} end
  where id = $1`;
