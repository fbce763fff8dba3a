/**
 * Deliveries in PostgreSQL: a queue and a log in one table. The trigger `events_to_webhooks` fills it.
 *
 * The order of a deployment's events is kept by looking, not by a second record of where each webhook is: only the first
 * pending delivery of a deployment can be taken. Finding these heads walks from deployment to deployment through an index
 * (https://wiki.postgresql.org/wiki/Loose_indexscan), so a long queue behind a receiver that is away costs nothing.
 */

import type { DeliveryConclusion, SendOutcome } from '../domain/conclude-delivery.ts';
import type { Event, EventType } from '../domain/event.ts';
import type { JsonObject } from '../domain/json.ts';
import { type DeliveredEvent, type Delivery, type DeliveryStatus, TEST_EVENT } from '../domain/webhook.ts';
import type { DeliveryStore, TakenDelivery } from '../ports/webhook-store.ts';
import type { Database } from './database.ts';

/** Longer than a sending may take; after that the sender is thought dead. */
const TAKEN_FOR = `interval '60 seconds'`;
/** How long the log remembers. */
const REMEMBERED = `interval '14 days'`;
const PRUNED_AT_ONCE = 1_000;

const COLUMNS = `id, webhook_id, deployment_id, seq, type, status, attempts, next_at, response_status, response_body, error,
  duration_ms, created_at, attempted_at, settled_at`;

interface DeliveryRow {
  id: string;
  webhook_id: string;
  deployment_id: string | null;
  seq: number | null;
  type: string;
  status: DeliveryStatus;
  attempts: number;
  next_at: string;
  response_status: number | null;
  response_body: string | null;
  error: string | null;
  duration_ms: number | null;
  created_at: string;
  attempted_at: string | null;
  settled_at: string | null;
}

export function createDeliveryStore(database: Database): DeliveryStore {
  return {
    async webhooksWithWork() {
      const rows = await database.query<{ id: string }>(
        `select id from webhooks w where enabled
            and exists (select from webhook_deliveries d where d.webhook_id = w.id and d.status = 'pending')`,
      );
      return rows.map((row) => row.id);
    },
    async take(webhookId) {
      const [row] = await database.query<TakenRow>(TAKE, [webhookId]);
      return row && takenFromRow(row);
    },
    async record(taken, outcome, conclusion) {
      await database.query(RECORD, recordValues(taken, outcome, conclusion));
    },
    async putBack({ id, ticket }) {
      await database.query(
        `update webhook_deliveries set taken_until = null, attempts = attempts - 1
          where id = $1 and taken_until::text = $2 and status = 'pending'`,
        [id, ticket],
      );
    },
    async list(webhookId, { status, limit, after }) {
      const rows = await database.query<DeliveryRow>(
        `select ${COLUMNS} from webhook_deliveries d where webhook_id = $1 and ($2::text is null or status = $2)
            and ($3::uuid is null
              or (created_at, id) < (select seen.created_at, seen.id from webhook_deliveries seen where seen.id = $3))
          order by created_at desc, id desc limit $4`,
        [webhookId, status ?? null, after ?? null, limit],
      );
      return rows.map(deliveryFromRow);
    },
    async addTest(webhookId) {
      const [row] = await database.query<DeliveryRow>(
        `insert into webhook_deliveries (webhook_id, type, in_order) values ($1, $2, false) returning ${COLUMNS}`,
        [webhookId, TEST_EVENT],
      );
      if (!row) throw new Error('the test was not stored');
      return deliveryFromRow(row);
    },
    async replay(webhookId, id) {
      const [row] = await database.query<DeliveryRow>(REPLAY, [webhookId, id]);
      return row && deliveryFromRow(row);
    },
    async prune() {
      const rows = await database.query(PRUNE);
      return rows.length >= PRUNED_AT_ONCE;
    },
  };
}

function recordValues(
  { id, ticket }: TakenDelivery,
  outcome: SendOutcome,
  conclusion: DeliveryConclusion,
): readonly unknown[] {
  const answered = outcome.kind === 'answered' ? outcome : undefined;
  return [
    id,
    ticket,
    conclusion.status,
    answered?.status ?? null,
    answered?.body ?? null,
    conclusion.status === 'delivered' ? null : conclusion.error,
    Math.round(outcome.durationMs),
    conclusion.status === 'pending' ? conclusion.retryInMs : 0,
    conclusion.status === 'pending' && conclusion.givesWay,
    conclusion.status === 'dead' && conclusion.disable,
  ];
}

function deliveryFromRow(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    webhookId: row.webhook_id,
    deploymentId: row.deployment_id,
    seq: row.seq,
    type: row.type,
    status: row.status,
    attempts: row.attempts,
    nextAt: row.status === 'pending' ? row.next_at : null,
    responseStatus: row.response_status,
    responseBody: row.response_body,
    error: row.error,
    durationMs: row.duration_ms,
    createdAt: row.created_at,
    attemptedAt: row.attempted_at,
    settledAt: row.settled_at,
  };
}

const IS_DUE = `next_at <= clock_timestamp() and (taken_until is null or taken_until <= clock_timestamp())`;
const IN_ORDER = `select id, deployment_id, next_at, taken_until from webhook_deliveries
     where webhook_id = $1 and status = 'pending' and in_order`;

/**
 * $1 webhook. A few candidates, so that those who take at the same moment do not all wait for the same one. What is locked
 * is judged again: it may have been taken since it was seen.
 */
const TAKE = `with recursive head as (
    (${IN_ORDER} order by deployment_id, seq limit 1)
    union all
    select next.* from head cross join lateral (
      ${IN_ORDER} and deployment_id > head.deployment_id order by deployment_id, seq limit 1) next
  ), candidate as (
    (select id from webhook_deliveries
      where webhook_id = $1 and status = 'pending' and not in_order and ${IS_DUE} order by next_at limit 8)
    union all
    (select id from head where ${IS_DUE} limit 8)
  ), due as (
    select d.id from webhook_deliveries d where d.id in (select id from candidate) and d.status = 'pending' and ${IS_DUE}
     limit 1 for update skip locked
  ), taken as (
    update webhook_deliveries d
       set attempts = attempts + 1, attempted_at = clock_timestamp(), taken_until = clock_timestamp() + ${TAKEN_FOR}
      from due, webhooks w where d.id = due.id and w.id = d.webhook_id and w.enabled
    returning d.id, d.webhook_id, d.deployment_id, d.seq, d.attempts, d.taken_until::text as ticket, d.created_at, w.url, w.sealed
  )
  select taken.*, deployments.name, events.at, events.type, events.run_id, events.key, events.data
    from taken left join events using (deployment_id, seq) left join deployments on deployments.id = taken.deployment_id`;

interface TakenRow {
  id: string;
  webhook_id: string;
  deployment_id: string | null;
  seq: number | null;
  attempts: number;
  ticket: string;
  created_at: string;
  url: string;
  sealed: string;
  name: string | null;
  at: string | null;
  type: EventType | null;
  run_id: string | null;
  key: string | null;
  data: JsonObject | null;
}

function takenFromRow(row: TakenRow): TakenDelivery {
  const { id, webhook_id: webhookId, attempts: attempt, ticket, url, sealed, created_at: createdAt } = row;
  return { id, webhookId, attempt, ticket, url, sealed, createdAt, delivered: eventOf(row) };
}

function eventOf({ deployment_id, seq, name, at, type, run_id, key, data }: TakenRow): DeliveredEvent | null {
  if (deployment_id === null || seq === null || at === null || type === null) return null;
  const event: Event = { seq, at, type, runId: run_id, key, data: data ?? {} };
  return { deploymentId: deployment_id, deploymentName: name ?? '', event };
}

/** $1 id, $2 ticket, $3 status, $4 response status, $5 body, $6 error, $7 ms, $8 retry in ms, $9 gives way, $10 disable. */
const RECORD = `with settled as (
    update webhook_deliveries
       set status = $3, response_status = $4::int, response_body = $5, error = $6, duration_ms = $7::int, taken_until = null,
           next_at = clock_timestamp() + $8::float8 * interval '1 millisecond', in_order = in_order and not $9::boolean,
           settled_at = case when $3 <> 'pending' then clock_timestamp() end
     where id = $1 and taken_until::text = $2 and status = 'pending' returning webhook_id
  )
  update webhooks set enabled = false, updated_at = now() from settled where $10::boolean and id = settled.webhook_id`;

const REPLAY = `update webhook_deliveries
    set status = 'pending', next_at = clock_timestamp(), settled_at = null,
        in_order = in_order and status = 'pending', attempts = case status when 'pending' then attempts else 0 end
  where webhook_id = $1 and id = $2 returning ${COLUMNS}`;

const PRUNE = `delete from webhook_deliveries where id in (
    (select id from webhook_deliveries where settled_at < now() - ${REMEMBERED} limit ${PRUNED_AT_ONCE})
    union all
    (select id from webhook_deliveries d where not exists (select from webhooks w where w.id = d.webhook_id)
      limit ${PRUNED_AT_ONCE})
  ) returning id`;
