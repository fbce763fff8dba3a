/**
 * A store on a database of its own, for tests of the store alone: the engine's start is a row in a table, so that a test
 * can see what the engine would have been told.
 */

import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { createTestDatabase } from '../../../tests/database.ts';
import type { Engine } from '../../ports/engine.ts';
import type { Plan, PlanNode } from '../../domain/plan.ts';
import type { Lease, NewRun } from '../../ports/run-store.ts';
import type { Store } from '../../ports/store.ts';
import { openPool } from '../database.ts';
import { createPostgresStore } from '../postgres-store.ts';

export interface StoreBench {
  readonly store: Store;
  readonly pool: Pool;
  readonly url: string;
  /** Runs that the engine was told of, as committed. */
  startedRuns(): Promise<string[]>;
  /** Everything that is in the tables of Groundwork, to see whether anything changed. */
  everything(): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

const TABLES = ['deployments', 'runs', 'run_nodes', 'resources', 'events', 'idempotency_keys', 'engine_starts'];

export async function openStoreBench(): Promise<StoreBench> {
  const database = await createTestDatabase();
  const pool = openPool(database.url, 10, () => {});
  await pool.query('create table engine_starts (run_id uuid primary key)');
  const enqueue: Engine['enqueue'] = async (transaction, runId) => {
    await transaction.query('insert into engine_starts (run_id) values ($1)', [runId]);
  };
  const store = createPostgresStore(pool, enqueue);
  await store.templates.add({ name: 'stack', description: null, body: {}, mode: 'new' });
  return {
    store,
    pool,
    url: database.url,
    async startedRuns() {
      const { rows } = await pool.query<{ run_id: string }>('select run_id from engine_starts');
      return rows.map((row) => row.run_id);
    },
    async everything() {
      const parts = TABLES.map((table) => `'${table}', (select jsonb_agg(t order by t::text) from ${table} t)`);
      const { rows } = await pool.query<{ all: Record<string, unknown> }>(
        `select jsonb_build_object(${parts.join(', ')}) as all`,
      );
      return rows[0]?.all ?? {};
    },
    async close() {
      await store.close();
      await database.drop();
    },
  };
}

export const NODE: PlanNode = {
  key: 'network',
  action: 'present',
  kind: 'memory.network',
  region: 'here',
  wanted: { name: 'n' },
  dependsOn: [],
  estimateMs: 10,
  estimateFrom: 'default',
};
export const PLAN: Plan = { nodes: [NODE], failurePolicy: 'rollback' };

export function newRun(change: Partial<NewRun> = {}): NewRun {
  return { id: randomUUID(), kind: 'deploy', plan: PLAN, ...change };
}

type Acceptance = Parameters<Store['deployments']['accept']>[0];

export function acceptance(change: Partial<Acceptance> = {}): Acceptance {
  const run = newRun();
  return {
    deployment: {
      id: randomUUID(),
      name: 'job',
      status: 'PENDING',
      region: 'here',
      templateName: 'stack',
      templateVersion: 1,
      parameters: {},
      overrides: {},
      config: { vm_config: {}, network_config: { cidr: '10.0.0.0/16', subnets: {} } },
      driftPolicy: 'alert',
      expiresAt: null,
      budget: null,
      failurePolicy: 'rollback',
      activeRun: run.id,
    },
    run,
    events: [{ type: 'deployment.accepted' }, { type: 'run.accepted', runId: run.id }],
    ...change,
  };
}

/** Accepts a deployment and takes its run up. */
export async function acceptAndClaim(store: Store): Promise<{ owner: string; lease: Lease }> {
  const input = acceptance();
  await store.deployments.accept(input);
  return { owner: input.deployment.id, lease: await claim(store, input.run.id) };
}

export async function claim(store: Store, runId: string, worker = randomUUID()): Promise<Lease> {
  const lease = await store.runs.claim(runId, worker);
  if (!lease) throw new Error(`run ${runId} could not be taken up`);
  return lease;
}
