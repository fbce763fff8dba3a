/**
 * Late sweeps in PostgreSQL: a time on an ended run. Taking one moves its time on, so a worker that dies over it leaves it
 * to be taken again.
 */

import type { LateSweepStore } from '../ports/run-store.ts';
import type { Database } from './database.ts';
import { type RunRow, runFromRow } from './rows.ts';

/**
 * How long after its end a run's owner is looked at once more. Our client gives a call 30 s, and OpenStack's services give
 * up on each other after 60 s (rpc_response_timeout): what has not landed by then is not expected to.
 */
export const SWEEP_AGAIN_AFTER = `interval '60 seconds'`;
/** How long a sweep may take before somebody else tries. */
const TAKEN_FOR = `interval '60 seconds'`;

const NO_ACTIVE_RUN = `not exists (
  select from runs active
   where active.deployment_id = run.deployment_id and active.status in ('pending', 'running', 'rolling_back'))`;

export function createLateSweepStore(database: Database): LateSweepStore {
  return {
    async take() {
      const [row] = await database.query<RunRow & { fence: number }>(
        `update runs set sweep_again_at = clock_timestamp() + ${TAKEN_FOR}
          where id = (select id from runs run where sweep_again_at <= clock_timestamp() and ${NO_ACTIVE_RUN}
                       order by sweep_again_at limit 1 for update skip locked)
          returning *`,
      );
      return row && { run: runFromRow(row), lease: { runId: row.id, fence: row.fence } };
    },
    async mayGoOn({ runId, fence }) {
      const rows = await database.query(`select 1 from runs run where id = $1 and fence = $2 and ${NO_ACTIVE_RUN}`, [
        runId,
        fence,
      ]);
      return rows.length > 0;
    },
    async done(runId) {
      await database.query('update runs set sweep_again_at = null where id = $1', [runId]);
    },
  };
}
