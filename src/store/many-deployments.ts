/**
 * Events and conditions of many deployments at once: what a look at a whole region has to tell costs a statement or two,
 * however many deployments it concerns.
 */

import { type NewCondition, withCondition } from '../domain/condition.ts';
import type { Condition } from '../domain/deployment.ts';
import type { Transaction } from '../ports/engine.ts';
import type { NewEvent } from '../ports/run-store.ts';
import { HEAD_COLUMNS, SHOWN } from './appended-events.ts';

export interface DeploymentNews {
  readonly id: string;
  readonly condition: NewCondition;
}

export interface DeploymentEvent extends Omit<NewEvent, 'runId'> {
  readonly id: string;
}

/** Appends events, in the given order for each deployment. */
export async function appendEventsToMany(tx: Transaction, events: readonly DeploymentEvent[]): Promise<void> {
  if (events.length === 0) return;
  const list = events.map(({ id, type, key, data }) => ({ id, type, key: key ?? null, data: data ?? {} }));
  await tx.query(APPEND, [JSON.stringify(list)]);
}

const APPEND = `with list as (
    select (new.event->>'id')::uuid as id, new.event, row_number() over (partition by new.event->>'id' order by place) as n
      from jsonb_array_elements($1::jsonb) with ordinality as new(event, place)
  ), counts as (
    select id, count(*) as n from list group by id
  ), head as (
    update deployments set last_event = last_event + counts.n, updated_at = clock_timestamp()
      from counts where deployments.id = counts.id returning ${HEAD_COLUMNS}, counts.n as added
  )
  insert into events (deployment_id, seq, at, type, key, data, shown)
  select head.id, head.last_event - added + n, head.updated_at, event->>'type', event->>'key', event->'data',
         case when n = added then ${SHOWN} end
    from list join head using (id) left join runs run on run.id = head.active_run`;

/** @returns events that tell of what is new, still to be appended */
export async function setConditionsOfMany(
  tx: Transaction,
  news: readonly DeploymentNews[],
): Promise<DeploymentEvent[]> {
  if (news.length === 0) return [];
  const rows = await tx.query<{ id: string; conditions: Condition[]; now: string }>(
    `select id, conditions, clock_timestamp() as now from deployments where id = any($1) order by id for update`,
    [news.map(({ id }) => id)],
  );
  const conditionOf = new Map(news.map(({ id, condition }) => [id, condition]));
  const changed = rows.flatMap(({ id, conditions, now }) => {
    const condition = conditionOf.get(id);
    const next = condition && withCondition(conditions, condition, now);
    return next ? [{ id, conditions: next, told: next.find(({ type }) => type === condition.type) }] : [];
  });
  if (changed.length === 0) return [];
  await tx.query(
    `update deployments set conditions = new.conditions
       from jsonb_to_recordset($1::jsonb) as new(id uuid, conditions jsonb) where deployments.id = new.id`,
    [JSON.stringify(changed.map(({ id, conditions }) => ({ id, conditions })))],
  );
  return changed.map(({ id, told }) => ({ id, type: 'deployment.condition', data: { ...told } }));
}
