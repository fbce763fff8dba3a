/**
 * Looks at regions in PostgreSQL: a row a region, whose `due_at` is moved on by whoever takes the look. A worker that dies
 * over it leaves it to be taken again.
 */

import type { RegionCheckStore } from '../ports/drift-store.ts';
import type { Database } from './database.ts';

/** How long a look may take before somebody else tries. */
const TAKEN_FOR = `interval '3 minutes'`;

export function createRegionCheckStore(database: Database): RegionCheckStore {
  return {
    async take(region, token) {
      await database.query('insert into region_checks (region) values ($1) on conflict do nothing', [region]);
      const rows = await database.query(TAKE, [region, token]);
      return rows.length > 0 ? { region, token } : undefined;
    },
    async finish({ region, token }, end) {
      const failed = 'error' in end;
      await database.query(FINISH, [
        region,
        token,
        end.nextInMs,
        failed ? end.error : null,
        failed ? null : end.resources,
        failed ? null : end.marked,
        failed ? null : end.brake,
      ]);
    },
    async get(region) {
      const [row] = await database.query<{ checked_at: string | null; error: string | null; brake: string | null }>(
        'select checked_at, error, brake from region_checks where region = $1',
        [region],
      );
      return { checkedAt: row?.checked_at ?? null, error: row?.error ?? null, brake: row?.brake ?? null };
    },
  };
}

/** A heal that has ended is looked after at once: whether it helped decides what comes next. */
const HEALED_SINCE = `exists (
  select from runs join deployments d on d.id = runs.deployment_id
   where d.region = check_row.region and runs.kind = 'heal' and runs.finished_at > check_row.checked_at)`;

const TAKE = `update region_checks check_row set token = $2, due_at = clock_timestamp() + ${TAKEN_FOR}
  where region = $1 and (due_at <= clock_timestamp() or (token is null and ${HEALED_SINCE})) returning region`;

/** $4 error, $5 resources, $6 marked, $7 brake. */
const FINISH = `update region_checks
    set token = null, due_at = clock_timestamp() + $3 * interval '1 millisecond', error = $4,
        checked_at = case when $4::text is null then clock_timestamp() else checked_at end,
        resources = coalesce($5, resources), marked = coalesce($6, marked),
        brake = case when $4::text is null then $7 else brake end
  where region = $1 and token = $2`;
