/**
 * Appending events. The number of an event is taken from its deployment's row in the statement that writes it: the row
 * lock makes numbers follow the order of commits, without gaps, so a reader that has seen number N misses nothing below.
 *
 * With the last event of a change goes what a view of the deployment shows from then on, read from the rows as they are now:
 * whoever changes them does so first, and appends the events last. The event's time is the row's `updated_at`.
 */

import type { NewEvent } from '../ports/run-store.ts';
import type { Transaction } from '../ports/engine.ts';

/** SQL for the columns that a statement must return of `deployments` to go into `SHOWN` as `head`. */
export const HEAD_COLUMNS = `deployments.id, deployments.last_event, deployments.updated_at, deployments.active_run,
  deployments.parameters, deployments.overrides,
  to_jsonb(deployments) - array['config', 'parameters', 'overrides'] as deployment`;

/** SQL for what is shown from now on; of `head` and, in `run`, its active run. What a person wrote keeps its order. */
export const SHOWN = `json_build_object('deployment', head.deployment, 'parameters', head.parameters,
  'overrides', head.overrides, 'run', case when run.id is not null then json_build_object(
  'id', run.id, 'kind', run.kind, 'status', run.status, 'phase', run.phase, 'started_at', run.started_at,
  'estimated_ms', run.estimated_ms, 'total', run.total) end)`;

/** Appends events to a deployment, in the given order, within a transaction. */
export async function appendEvents(
  transaction: Transaction,
  deploymentId: string,
  events: readonly NewEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const list = events.map(({ type, runId, key, data }) => ({
    type,
    run_id: runId ?? null,
    key: key ?? null,
    data: data ?? {},
  }));
  await transaction.query(APPEND, [deploymentId, list.length, JSON.stringify(list)]);
}

const APPEND = `with head as (
    update deployments set last_event = last_event + $2, updated_at = clock_timestamp() where id = $1
    returning ${HEAD_COLUMNS}
  )
  insert into events (deployment_id, seq, at, type, run_id, key, data, shown)
  select head.id, head.last_event - $2 + new.place, head.updated_at, new.event->>'type', (new.event->>'run_id')::uuid,
         new.event->>'key', new.event->'data', case when new.place = $2 then ${SHOWN} end
    from jsonb_array_elements($3::jsonb) with ordinality as new(event, place),
         head left join runs run on run.id = head.active_run`;
