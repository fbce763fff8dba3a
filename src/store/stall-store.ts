/**
 * Nodes at work for too long, and the deployments that are said to have one: one query for all runs.
 */

import { LEAST_STALL_MS, STALL_FACTOR } from '../domain/stalled.ts';
import type { StallStore } from '../ports/store.ts';
import type { Database } from './database.ts';

export function createStallStore(database: Database): StallStore {
  return {
    async look(limits) {
      const known = [...limits].map(([subject, ms]) => ({ subject, ms }));
      const rows = await database.query<Row>(LOOK, [JSON.stringify(known), LEAST_STALL_MS, STALL_FACTOR]);
      return rows.map(({ id, key, since, limit_ms: limitMs, told }) => ({
        deploymentId: id,
        node: key === null || since === null || limitMs === null ? undefined : { key, since, limitMs },
        told: told ?? undefined,
      }));
    },
  };
}

interface Row {
  id: string;
  key: string | null;
  since: string | null;
  limit_ms: number | null;
  told: string | null;
}

/** $1 limits with history [{subject, ms}], $2 least limit, $3 how many times the estimate otherwise. */
const LOOK = `with at_work as (
    select r.deployment_id, n.key, n.region || ' ' || n.kind || ' ' || n.action as subject, n.started_at,
           case r.phase when 'forward' then r.plan else r.rollback_plan end as plan
      from runs r join run_nodes n on n.run_id = r.id and n.phase = r.phase
     where r.status in ('pending', 'running', 'rolling_back') and n.state in ('running', 'waiting', 'retrying')
       and n.started_at < clock_timestamp() - $2::float8 * interval '1 millisecond'
  ), limited as (
    select at_work.*, coalesce(past.ms, greatest($2::float8, $3::float8 * (jsonb_path_query_first(
             plan, '$.nodes[*] ? (@.key == $key).estimateMs', jsonb_build_object('key', key)))::float8)) as limit_ms
      from at_work left join jsonb_to_recordset($1::jsonb) as past(subject text, ms float8) using (subject)
  ), stalled as (
    select distinct on (deployment_id) deployment_id, key, started_at as since, limit_ms
      from limited where started_at < clock_timestamp() - limit_ms * interval '1 millisecond'
     order by deployment_id, started_at
  ), told as (
    select id, (select c->>'message' from jsonb_array_elements(conditions) c where c->>'type' = 'Stalled') as told
      from deployments where conditions @> '[{"type": "Stalled", "status": "True"}]'
  )
  select coalesce(stalled.deployment_id, told.id) as id, key, since, limit_ms, told
    from stalled full join told on told.id = stalled.deployment_id`;
