/**
 * Who executes a run, and who could. A worker is alive while it holds the lock on its id and its heartbeat is fresh: the
 * engine judges by the same two (src/engine/embedded/worker-presence.ts).
 */

import type { WorkerStore } from '../ports/store.ts';
import type { Database } from './database.ts';

/** SQL for the living among the workers. A lock's 64-bit key is shown in two halves. */
const LIVING = `select w.id from workers w
  where w.heartbeat_at > clock_timestamp() - interval '5 seconds'
    and exists (select from pg_locks l
                 where l.locktype = 'advisory' and l.objsubid = 1
                   and l.database = (select oid from pg_database where datname = current_database())
                   and (l.classid::bigint << 32) | l.objid::bigint = hashtextextended(w.id, 0))`;

export function createWorkerStore(database: Database): WorkerStore {
  return {
    async attending(runId) {
      const [row] = await database.query<Row>(
        `with living as materialized (${LIVING})
         select (select count(*) from living) as living, r.worker, r.fence,
                exists (select from living where living.id = r.worker) as is_alive,
                extract(epoch from clock_timestamp() - w.heartbeat_at)::float8 * 1000 as silent_ms
           from runs r left join workers w on w.id = r.worker where r.id = $1`,
        [runId],
      );
      if (!row) return { living: 0, holder: undefined, takeOvers: 0 };
      const { living, worker, fence, is_alive: isAlive, silent_ms: silentMs } = row;
      const holder = worker === null ? undefined : { isAlive, silentMs };
      return { living, holder, takeOvers: Math.max(0, fence - 1) };
    },
  };
}

interface Row {
  living: number;
  worker: string | null;
  fence: number;
  is_alive: boolean;
  silent_ms: number | null;
}
