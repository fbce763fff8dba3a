/**
 * Deployments in PostgreSQL, and the two ways in which a run comes to be: with a new deployment, or for a living one.
 * Both write the rows and the engine's start in one transaction.
 */

import type { Uses } from '../domain/feasibility.ts';
import { sumUses } from '../domain/judge-plan.ts';
import { type Plan, criticalPathMs } from '../domain/plan.ts';
import type { Engine, Transaction } from '../ports/engine.ts';
import type { NewRun } from '../ports/run-store.ts';
import type { DeploymentFilter, DeploymentStore, DeploymentWithProgress } from '../ports/store.ts';
import { appendEvents } from './appended-events.ts';
import { setConditions } from './conditions.ts';
import type { Database } from './database.ts';
import {
  DEPLOYMENT_COLUMNS,
  type DeploymentRow,
  deploymentFromRow,
  RESOURCE_FACTS,
  type ResourceFactsRow,
  resourceFactsFromRow,
  RUN_COLUMNS,
  RUN_COUNTS,
  type RunCountsRow,
  type RunRow,
  runCountsFromRow,
  runFromRow,
  SHOWN_COLUMNS,
  shownFromRow,
  type ShownRow,
} from './rows.ts';

type Enqueue = Engine['enqueue'];

export function createDeploymentStore(database: Database, enqueue: Enqueue): DeploymentStore {
  return {
    accept: (input) => database.transaction((tx) => accept(tx, enqueue, input)),
    async acceptRun(input) {
      try {
        await database.transaction((tx) => acceptRun(tx, enqueue, input));
        return true;
      } catch (error) {
        if (error instanceof NotAllowed) return false;
        throw error;
      }
    },
    changeSettings: (id, settings) => database.transaction((tx) => changeSettings(tx, id, settings)),
    setCondition: (id, condition) => database.transaction((tx) => setConditions(tx, id, [condition])),
    requestCancel: (input) => database.transaction((tx) => requestCancel(tx, input)),
    async findIdempotent(apiKeyId, key) {
      const [row] = await database.read<{ request_hash: string; id: string; name: string; created_at: string }>(
        `select k.request_hash, d.id, d.name, d.created_at
           from idempotency_keys k join deployments d on d.id = k.deployment_id
          where k.api_key_id = $1 and k.key = $2`,
        [apiKeyId, key],
      );
      if (!row) return undefined;
      return { requestHash: row.request_hash, deployment: { id: row.id, name: row.name, createdAt: row.created_at } };
    },
    async get(id) {
      const [row] = await database.read<DeploymentRow>(`select ${DEPLOYMENT_COLUMNS} from deployments where id = $1`, [
        id,
      ]);
      return row && deploymentFromRow(row);
    },
    view: (id) => view(database, id),
    list: (filter) => list(database, filter),
  };
}

/** Sent together: no statement needs another's answer, and the caller waits for each way there and back. */
async function accept(
  tx: Transaction,
  enqueue: Enqueue,
  { deployment: d, run, events, idempotency, guard, createdBy }: Parameters<DeploymentStore['accept']>[0],
): Promise<{ createdAt: string }> {
  await guard?.(tx);
  const [[row]] = await Promise.all([
    tx.query<{ created_at: string }>(
      `insert into deployments (id, name, status, region, template_name, template_version, parameters, overrides, config,
         failure_policy, drift_policy, expires_at, budget, active_run, created_by, expiry_set_at, expiry_look_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, now(),
         case when $12::timestamptz is not null then '-infinity'::timestamptz end) returning created_at`,
      [
        d.id,
        d.name,
        d.status,
        d.region,
        d.templateName,
        d.templateVersion,
        d.parameters,
        d.overrides,
        d.config,
        d.failurePolicy,
        d.driftPolicy,
        d.expiresAt,
        d.budget,
        run.id,
        createdBy ?? null,
      ],
    ),
    idempotency &&
      tx.query('insert into idempotency_keys (api_key_id, key, request_hash, deployment_id) values ($1, $2, $3, $4)', [
        idempotency.apiKeyId,
        idempotency.key,
        idempotency.requestHash,
        d.id,
      ]),
    insertRun(tx, enqueue, d.id, run),
    appendEvents(tx, d.id, events),
  ]);
  return { createdAt: row?.created_at ?? '' };
}

/** The run's row and the engine's start, within the caller's transaction. */
export async function insertRun(tx: Transaction, enqueue: Enqueue, deploymentId: string, run: NewRun): Promise<void> {
  const { nodes } = run.plan;
  await Promise.all([
    tx.query(
      `insert into runs (id, deployment_id, kind, plan, total, estimated_ms, target, request, uses)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        run.id,
        deploymentId,
        run.kind,
        run.plan,
        nodes.length,
        criticalPathMs(nodes),
        run.target ?? null,
        run.request ?? null,
        usesOf(run.plan),
      ],
    ),
    enqueue(tx, run.id),
  ]);
}

function usesOf({ nodes }: Plan): Uses | null {
  const uses = sumUses(nodes.map((node) => node.uses));
  return Object.keys(uses).length > 0 ? uses : null;
}

/** Undoes also what the guard has written: a plan that was not applied must not count as applied. */
class NotAllowed extends Error {}

/** @throws NotAllowed */
async function acceptRun(
  tx: Transaction,
  enqueue: Enqueue,
  { deploymentId, run, status, stillAllowed, events, guard }: Parameters<DeploymentStore['acceptRun']>[0],
): Promise<void> {
  await guard?.(tx);
  const [row] = await tx.query<DeploymentRow>(
    `select ${DEPLOYMENT_COLUMNS} from deployments where id = $1 for update`,
    [deploymentId],
  );
  if (!row) throw new NotAllowed();
  const active = await activeRun(tx, row.active_run);
  if (!stillAllowed(deploymentFromRow(row), active && runFromRow(active))) throw new NotAllowed();
  if (active?.status === 'held') {
    await tx.query(`update runs set status = 'failed', finished_at = now() where id = $1`, [active.id]);
  }
  await tx.query('update deployments set status = $2, active_run = $3, updated_at = now() where id = $1', [
    deploymentId,
    status,
    run.id,
  ]);
  await insertRun(tx, enqueue, deploymentId, run);
  await appendEvents(tx, deploymentId, events);
}

/**
 * The run is read without a lock: everything else locks the run before the deployment, and the other way round here would
 * be a deadlock. A run that is just ending is seen as active, and whoever asked looks again.
 */
async function activeRun(tx: Transaction, id: string | null): Promise<RunRow | undefined> {
  if (id === null) return undefined;
  const [row] = await tx.query<RunRow>(`select ${RUN_COLUMNS} from runs where id = $1`, [id]);
  return row;
}

async function changeSettings(
  tx: Transaction,
  id: string,
  { driftPolicy, budget }: Parameters<DeploymentStore['changeSettings']>[1],
): Promise<void> {
  await tx.query(
    `update deployments set drift_policy = coalesce($2, drift_policy),
            budget = case when $3 then $4::jsonb else budget end where id = $1`,
    [id, driftPolicy ?? null, budget !== undefined, budget ?? null],
  );
  const data = {
    ...(driftPolicy === undefined ? {} : { drift_policy: driftPolicy }),
    ...(budget === undefined ? {} : { budget: budget && { ...budget } }),
  };
  await appendEvents(tx, id, [{ type: 'deployment.changed', data }]);
}

async function requestCancel(
  tx: Transaction,
  { deploymentId, runId, thenDelete }: Parameters<DeploymentStore['requestCancel']>[0],
): Promise<boolean> {
  const rows = await tx.query(
    `update runs set cancel_requested_at = coalesce(cancel_requested_at, now()), then_delete = then_delete or $3
      where id = $1 and deployment_id = $2 and status in ('pending', 'running', 'rolling_back') returning id`,
    [runId, deploymentId, thenDelete],
  );
  if (rows.length === 0) return false;
  if (thenDelete) await tx.query(`update deployments set status = 'DELETING' where id = $1`, [deploymentId]);
  await appendEvents(tx, deploymentId, [
    { type: 'run.cancel_requested', runId, data: { then_delete: thenDelete } },
    ...(thenDelete ? [{ type: 'deployment.status', data: { status: 'DELETING' } } as const] : []),
  ]);
  return true;
}

async function view(database: Database, id: string): ReturnType<DeploymentStore['view']> {
  const [row] = await database.read<ViewRow & { resources: ResourceFactsRow[] }>(
    `select ${SHOWN_COLUMNS}, ${ACTIVE_RUN} as run, ${RESOURCE_FACTS} as resources from deployments d where id = $1`,
    [id],
  );
  return row && { ...withProgress(row), resources: row.resources.map(resourceFactsFromRow) };
}

type ViewRow = ShownRow & { run: RunCountsRow | null };

const ACTIVE_RUN = `(select ${RUN_COUNTS} from runs r where r.id = d.active_run)`;

function withProgress(row: ViewRow): DeploymentWithProgress {
  return { deployment: shownFromRow(row), run: row.run && runCountsFromRow(row.run) };
}

async function list(database: Database, filter: DeploymentFilter): ReturnType<DeploymentStore['list']> {
  const wanted = [filter.status ?? null, filter.region ?? null, filter.template ?? null, filter.name ?? null];
  const where = `($1::text is null and status <> 'DELETED' or status = $1) and ($2::text is null or region = $2)
    and ($3::text is null or template_name = $3) and ($4::text is null or name = $4)`;
  const [rows, totals] = await Promise.all([
    database.query<ViewRow>(
      `select ${SHOWN_COLUMNS}, ${ACTIVE_RUN} as run from deployments d where ${where}
          and ($5::uuid is null or (created_at, id) < (select seen.created_at, seen.id from deployments seen where seen.id = $5))
        order by created_at desc, id desc limit $6`,
      [...wanted, filter.after ?? null, filter.limit],
    ),
    database.query<{ total: number }>(`select count(*) as total from deployments where ${where}`, wanted),
  ]);
  return { items: rows.map(withProgress), total: totals[0]?.total ?? 0 };
}
