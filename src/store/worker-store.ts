/**
 * Who executes a run, and who could. A worker is alive while its heartbeat is fresh; the engine writes it once a second.
 */

import type { WorkerStore } from '../ports/store.ts';
import type { Database } from './database.ts';

/** Silence after which a worker counts as dead, as the engine has it. */
const ALIVE = `heartbeat_at > clock_timestamp() - interval '5 seconds'`;

export function createWorkerStore(database: Database): WorkerStore {
  return {
    async attending(runId) {
      const [row] = await database.query<Row>(
        `select (select count(*) from workers where ${ALIVE}) as living, r.worker, r.fence,
                coalesce(${ALIVE}, false) as is_alive,
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
