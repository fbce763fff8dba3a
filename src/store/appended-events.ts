/**
 * Appending events. The number of an event is taken from its deployment's row in the statement that writes it: the row
 * lock makes numbers follow the order of commits, without gaps, so a reader that has seen number N misses nothing below.
 */

import type { NewEvent } from '../ports/store.ts';
import type { Transaction } from '../ports/engine.ts';

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
  await transaction.query(
    `with head as (
       update deployments set last_event = last_event + $2, updated_at = clock_timestamp() where id = $1
       returning id, last_event, updated_at
     )
     insert into events (deployment_id, seq, at, type, run_id, key, data)
     select head.id, head.last_event - $2 + new.place, head.updated_at, new.event->>'type', (new.event->>'run_id')::uuid,
            new.event->>'key', new.event->'data'
       from head, jsonb_array_elements($3::jsonb) with ordinality as new(event, place)`,
    [deploymentId, list.length, JSON.stringify(list)],
  );
}
