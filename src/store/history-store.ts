/**
 * How long things took: percentiles over the latest thousand finished nodes of each kind, action and region.
 */

import type { HistoryStore } from '../ports/store.ts';
import type { Database } from './database.ts';

export function createHistoryStore(database: Database): HistoryStore {
  return {
    async durations() {
      const rows = await database.query<{ subject: string; p50: number; p90: number; count: number }>(
        `select region || ' ' || kind || ' ' || action as subject, count(*) as count,
                percentile_cont(0.5) within group (order by ms) as p50,
                percentile_cont(0.9) within group (order by ms) as p90
           from (
             select region, kind, action, extract(epoch from finished_at - started_at) * 1000 as ms,
                    row_number() over (partition by region, kind, action order by finished_at desc) as place
               from run_nodes where state = 'done' and finished_at > now() - interval '30 days'
           ) recent
          where place <= 1000 group by region, kind, action`,
      );
      return new Map(
        rows.map(({ subject, p50, p90, count }) => [subject, { p50: Number(p50), p90: Number(p90), count }]),
      );
    },
  };
}
