/**
 * How long things took: percentiles over the latest thousand finished nodes of each kind, action and region.
 */

import type { HistoryStore } from '../ports/store.ts';
import type { Database } from './database.ts';

/** Estimates may be half a minute old; asking anew for every plan would cost more than it tells. */
const FRESH_MS = 30_000;

export function createHistoryStore(database: Database): HistoryStore {
  let known: { since: number; durations: ReturnType<HistoryStore['durations']> } | undefined;
  return {
    durations() {
      if (!known || performance.now() - known.since > FRESH_MS) {
        known = { since: performance.now(), durations: readDurations(database) };
        known.durations.catch(() => (known = undefined));
      }
      return known.durations;
    },
  };
}

async function readDurations(database: Database): ReturnType<HistoryStore['durations']> {
  const rows = await database.query<{ subject: string; p50: number; p90: number; p99: number; count: number }>(
    `select region || ' ' || kind || ' ' || action as subject, count(*) as count,
                percentile_cont(0.5) within group (order by ms) as p50,
                percentile_cont(0.9) within group (order by ms) as p90,
                percentile_cont(0.99) within group (order by ms) as p99
           from (
             select region, kind, action, extract(epoch from finished_at - started_at) * 1000 as ms,
                    row_number() over (partition by region, kind, action order by finished_at desc) as place
               from run_nodes where state = 'done' and detail is null and finished_at > now() - interval '30 days'
           ) recent
          where place <= 1000 group by region, kind, action`,
  );
  return new Map(rows.map(({ subject, ...percentiles }) => [subject, percentiles]));
}
