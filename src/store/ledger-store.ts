/**
 * The ledger in PostgreSQL. Every write is one statement and so one commit: it checks the fence, changes the resource,
 * the node and the event numbers together. Without the lease the first part finds no row, and so the others change
 * nothing; that is reported as LeaseLost.
 *
 * The share lock on the run orders a write against a take-over: a claim waits for writes under way, and what they wrote
 * is there when the new worker reads.
 */

import type { NodeState, RunPhase } from '../domain/deployment.ts';
import type { JsonObject } from '../domain/json.ts';
import type { PlanNode } from '../domain/plan.ts';
import { LeaseLost } from '../ports/driver.ts';
import type { Ledger, Lease } from '../ports/run-store.ts';
import type { Database } from './database.ts';
import { RESOURCE_COLUMNS, type ResourceRow, resourceFromRow } from './rows.ts';

type NodeIdentity = Pick<PlanNode, 'key' | 'kind' | 'region' | 'action'>;

/** $1 run, $2 fence. */
const FENCE = `fence as (select id, deployment_id from runs where id = $1 and fence = $2 for share)`;

/**
 * $3 phase, $4 key, $5 kind, $6 region, $7 action, $8 state, $9 detail, $10 error, $11 attempt (null keeps it).
 * @param nextRetryAt SQL for the time of the next attempt
 */
const nodePart = (nextRetryAt: string): string => `node as (
  insert into run_nodes (run_id, phase, key, kind, region, action, state, detail, error, attempt, next_retry_at, finished_at)
  select fence.id, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, coalesce($11::int, 1), ${nextRetryAt},
         case when $8 in ('done', 'failed', 'skipped') then clock_timestamp() end
    from fence
  on conflict (run_id, phase, key) do update
    set state = excluded.state, detail = excluded.detail, error = excluded.error,
        attempt = coalesce($11::int, run_nodes.attempt), next_retry_at = excluded.next_retry_at,
        finished_at = excluded.finished_at
  returning attempt
)`;
const NODE = nodePart('null');

/** The next event of the run's owner; its time is the owner's `updated_at`. */
const HEAD = `head as (
  update deployments set last_event = last_event + 1, updated_at = clock_timestamp()
    from fence where deployments.id = fence.deployment_id
  returning deployments.id, deployments.last_event, deployments.updated_at
)`;

/**
 * One event about the node of the same statement.
 * @param more SQL for further data, and where it comes from
 */
const eventPart = (more = { data: "'{}'", from: '' }): string => `${HEAD}, event as (
  insert into events (deployment_id, seq, at, type, run_id, key, data)
  select head.id, head.last_event, head.updated_at, 'node.' || case $8 when 'running' then 'started' else $8 end, $1, $4,
         jsonb_strip_nulls(jsonb_build_object('phase', $3::text, 'kind', $5::text, 'action', $7::text, 'attempt', node.attempt,
           'detail', $9::text, 'error', $10::jsonb) || ${more.data})
    from head, node ${more.from}
)`;

/** What a view of the owner shows of the resource, so that events alone tell what was shown at any time. */
const FACTS = `jsonb_build_object('resource', case when resource.key is not null then jsonb_build_object(
  'generation', resource.generation, 'state', resource.state, 'provider_id', resource.provider_id,
  'name', resource.wanted->>'name', 'ip', resource.outputs->>'ip') end)`;
const WITH_RESOURCE = 'left join resource on true';

const EVENT = eventPart();
/** Comes after the part `resource`, which it tells of. */
const RESOURCE_EVENT = eventPart({ data: FACTS, from: WITH_RESOURCE });

export function createLedger(database: Database): Ledger {
  const write = async (lease: Lease, text: string, values: readonly unknown[]): Promise<ResourceRow[]> => {
    const rows = await database.query<ResourceRow & { held: boolean }>(text, [lease.runId, lease.fence, ...values]);
    if (!rows[0]?.held) throw new LeaseLost(lease.runId);
    return rows.filter((row) => row.key !== null);
  };
  const first = async (rows: Promise<ResourceRow[]>) => {
    const [row] = await rows;
    return row && resourceFromRow(row);
  };

  return {
    ...readings(database),
    async intend(lease, phase, node, intent) {
      const resource = await first(write(lease, INTEND, intendValues(phase, node, intent)));
      if (!resource) throw new Error(`the intent for ${node.key} was not recorded`);
      return resource;
    },
    async recordProviderId(lease, resource, providerId) {
      await write(lease, RECORD_PROVIDER_ID, [...identity(resource), providerId]);
    },
    async complete(lease, phase, resource, { providerId, outputs }) {
      const values = nodeValues(phase, { ...resource, action: 'present' }, { state: 'done' });
      await write(lease, COMPLETE, [...values, ...identity(resource), providerId, outputs]);
    },
    intendUpdate(lease, phase, node, owner) {
      return first(write(lease, INTEND_UPDATE, [...nodeValues(phase, node, { state: 'running' }), owner]));
    },
    async completeUpdate(lease, phase, resource, { wanted, outputs }) {
      const values = nodeValues(phase, { ...resource, action: 'update' }, { state: 'done' });
      await write(lease, COMPLETE_UPDATE, [...values, ...identity(resource), wanted, outputs]);
    },
    intendRemoval(lease, phase, node, owner) {
      return first(write(lease, INTEND_REMOVAL, [...nodeValues(phase, node, { state: 'running' }), owner]));
    },
    async completeRemoval(lease, phase, resource, { isLast } = { isLast: true }) {
      const values = isLast
        ? nodeValues(phase, { ...resource, action: 'absent' }, { state: 'done' })
        : nodeValues(phase, { ...resource, action: 'present' }, { state: 'waiting', detail: 'the former one is gone' });
      await write(lease, COMPLETE_REMOVAL, [...values, ...identity(resource)]);
    },
    async recordNode(lease, phase, node, change) {
      await write(lease, RECORD_NODE, [...nodeValues(phase, node, change), change.nextRetryInMs ?? null]);
    },
    async postpone(lease, phase, key, nextRetryInMs) {
      await write(lease, POSTPONE, [phase, key, nextRetryInMs]);
    },
    async recordEvent(lease, { type, key, data }) {
      await write(lease, RECORD_EVENT, [type, key ?? null, data ?? {}]);
    },
  };
}

function readings(database: Database): Pick<Ledger, 'resources' | 'generations'> {
  return {
    async resources(owner, { withDeleted = false } = {}) {
      const rows = await database.query<ResourceRow>(
        `select ${RESOURCE_COLUMNS} from resources where owner = $1 and ($2 or state <> 'deleted') order by created_at, key`,
        [owner, withDeleted],
      );
      return rows.map(resourceFromRow);
    },
    async generations(owner) {
      const rows = await database.query<{ key: string; generation: number }>(
        'select key, max(generation) as generation from resources where owner = $1 group by key',
        [owner],
      );
      return new Map(rows.map((row) => [row.key, row.generation]));
    },
  };
}

function intendValues(
  phase: RunPhase,
  node: PlanNode,
  { owner, generation, wanted }: Parameters<Ledger['intend']>[3],
): unknown[] {
  const standsOn = node.builtUpon ?? node.dependsOn;
  return [...nodeValues(phase, node, { state: 'running' }), owner, generation, wanted, standsOn];
}

function nodeValues(
  phase: RunPhase,
  node: NodeIdentity,
  change: { state: NodeState; detail?: string; error?: JsonObject; attempt?: number },
): unknown[] {
  const error = change.error === undefined ? null : JSON.stringify(change.error);
  return [
    phase,
    node.key,
    node.kind,
    node.region,
    node.action,
    change.state,
    change.detail ?? null,
    error,
    change.attempt ?? null,
  ];
}

function identity(resource: { owner: string; key: string; generation: number }): unknown[] {
  return [resource.owner, resource.key, resource.generation];
}

/** Columns of a resource, preceded by whether the lease was held. */
const HELD = `select true as held, ${RESOURCE_COLUMNS} from fence left join resource on true`;

const INTEND = `with ${FENCE}, ${NODE}, made as (
    insert into resources (owner, key, generation, kind, region, state, wanted, depends_on, run_id)
    select $12::uuid, $4, $13::int, $5, $6, 'creating', $14::jsonb, $15::text[], $1 from fence
    on conflict do nothing returning *
  ), resource as (
    select * from made union all
    select * from resources where owner = $12::uuid and key = $4 and state <> 'deleted' and not exists (select from made)
  ), ${RESOURCE_EVENT} ${HELD}`;

/** $3 owner, $4 key, $5 generation, $6 the cloud's id. */
const RECORD_PROVIDER_ID = `with ${FENCE}, resource as (
    update resources set provider_id = $6, updated_at = now() from fence
     where owner = $3::uuid and key = $4 and generation = $5::int returning resources.*
  ), ${HEAD}, event as (
    insert into events (deployment_id, seq, at, type, run_id, key, data)
    select head.id, head.last_event, head.updated_at, 'resource.identified', $1, $4,
           jsonb_strip_nulls(jsonb_build_object('kind', resource.kind) || ${FACTS})
      from head, resource
  ) ${HELD}`;

const COMPLETE = `with ${FENCE}, ${NODE}, resource as (
    update resources set state = 'present', provider_id = $15, outputs = $16::jsonb, updated_at = clock_timestamp() from fence
     where owner = $12::uuid and key = $13 and generation = $14::int returning resources.*
  ), ${RESOURCE_EVENT} ${HELD}`;

/** A resource of which the cloud's id is not known cannot be changed. */
const INTEND_UPDATE = `with ${FENCE}, ${NODE}, resource as (
    update resources set state = 'updating', updated_at = now() from fence
     where owner = $12::uuid and key = $4 and state in ('present', 'updating') and provider_id is not null
    returning resources.*
  ), ${RESOURCE_EVENT} ${HELD}`;

const COMPLETE_UPDATE = `with ${FENCE}, ${NODE}, resource as (
    update resources set state = 'present', wanted = $15::jsonb, outputs = $16::jsonb, updated_at = clock_timestamp() from fence
     where owner = $12::uuid and key = $13 and generation = $14::int returning resources.*
  ), ${RESOURCE_EVENT} ${HELD}`;

const INTEND_REMOVAL = `with ${FENCE}, ${NODE}, resource as (
    update resources set state = 'deleting', updated_at = now() from fence
     where owner = $12::uuid and key = $4 and state <> 'deleted' returning resources.*
  ), ${RESOURCE_EVENT} ${HELD}`;

const COMPLETE_REMOVAL = `with ${FENCE}, ${NODE}, resource as (
    update resources set state = 'deleted', deleted_at = clock_timestamp(), updated_at = clock_timestamp() from fence
     where owner = $12::uuid and key = $13 and generation = $14::int returning resources.*
  ), ${RESOURCE_EVENT} ${HELD}`;

/** $12 milliseconds until the next attempt, or null. */
const RECORD_NODE = `with ${FENCE}, ${nodePart("clock_timestamp() + $12::float8 * interval '1 millisecond'")}, ${EVENT}
  select true as held, null as key from fence`;

/** $3 phase, $4 key, $5 milliseconds until the next attempt. */
const POSTPONE = `with ${FENCE}, node as (
    update run_nodes set next_retry_at = clock_timestamp() + $5::float8 * interval '1 millisecond'
      from fence where run_id = fence.id and phase = $3 and key = $4
  ) select true as held, null as key from fence`;

/** $3 type, $4 key, $5 data. */
const RECORD_EVENT = `with ${FENCE}, ${HEAD}, event as (
    insert into events (deployment_id, seq, at, type, run_id, key, data)
    select head.id, head.last_event, head.updated_at, $3, $1, $4, $5::jsonb from head
  ) select true as held, null as key from fence`;
