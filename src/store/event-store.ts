/**
 * Reading events. Following is done by asking for the heads of the deployments that somebody watches; one small query
 * serves all watchers of a process.
 */

import { type HistoricEventRow, historicEventFromRow } from './historic-event.ts';
import { EVENT_COLUMNS, eventFromRow, type EventRow } from './rows.ts';
import type { EventStore } from '../ports/store.ts';
import type { Database } from './database.ts';

export function createEventStore(database: Database): EventStore {
  return {
    async list(deploymentId, after, limit) {
      const rows = await database.query<EventRow>(
        `select ${EVENT_COLUMNS} from events where deployment_id = $1 and seq > $2 order by seq limit $3`,
        [deploymentId, after, limit],
      );
      return rows.map(eventFromRow);
    },
    async until(deploymentId, at) {
      const rows = await database.query<HistoricEventRow>(
        `select ${EVENT_COLUMNS}, shown from events where deployment_id = $1 and at <= $2::timestamptz order by seq`,
        [deploymentId, at],
      );
      return rows.map(historicEventFromRow);
    },
    async heads(deploymentIds) {
      const rows = await database.query<{ id: string; last_event: number; active: boolean }>(
        `select d.id, d.last_event,
                exists (select 1 from runs r where r.id = d.active_run and r.status in ('pending', 'running', 'rolling_back')) as active
           from deployments d where d.id = any($1)`,
        [deploymentIds],
      );
      return new Map(rows.map((row) => [row.id, { last: row.last_event, active: row.active }]));
    },
  };
}
