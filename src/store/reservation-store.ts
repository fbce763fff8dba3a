/**
 * Reservations, read from the plans of active runs, their nodes and the ledger.
 *
 * A node is reserved until the cloud surely counts what it makes. The cloud counts a server from the create call on, and
 * that its call was answered is in the ledger as the provider's id: a reading of the quotas that began after the row got its
 * id counts it. What lies between, a call whose answer is still open, is counted here although the cloud may count it too:
 * for a moment too much is safe, too little is not.
 */

import { addFlavors, type FlavorCounts } from '../domain/cost.ts';
import type { Uses } from '../domain/feasibility.ts';
import type { Reservation, Reservations } from '../ports/reservations.ts';
import type { Database } from './database.ts';

export function createReservations(database: Database): Reservations {
  return {
    async now() {
      const [row] = await database.query<{ now: string }>('select clock_timestamp() as now');
      return row?.now ?? '';
    },
    async order(transaction, region, mode) {
      await transaction.query(mode === 'alone' ? ORDER_ALONE : ORDER_SHARED, [region]);
    },
    async atMost(transaction, region, since) {
      return usesOf(await transaction.query<NamedAmount>(AT_MOST, [region, since]));
    },
    async held(region, since, transaction = database) {
      const rows = await transaction.query<HeldRow>(HELD, [region, since]);
      const runs = new Map(rows.map(({ run_id: runId, deployment_id: deploymentId }) => [runId, deploymentId]));
      return [...runs].map(([runId, deploymentId]): Reservation => {
        return { runId, deploymentId, uses: usesOf(rows.filter((row) => row.run_id === runId)) };
      });
    },
    async flavors(region, transaction = database) {
      const rows = await transaction.query<FlavorRow>(FLAVORS, [region]);
      const of = (state: FlavorRow['state']): FlavorCounts =>
        addFlavors(...rows.filter((row) => row.state === state).map(({ flavor, count }) => new Map([[flavor, count]])));
      return { running: of('running'), accepted: of('accepted') };
    },
  };
}

interface NamedAmount {
  name: string;
  amount: number;
}

interface HeldRow extends NamedAmount {
  run_id: string;
  deployment_id: string;
}

interface FlavorRow {
  state: 'running' | 'accepted';
  flavor: string;
  count: number;
}

function usesOf(rows: readonly NamedAmount[]): Uses {
  return Object.fromEntries(rows.map(({ name, amount }) => [name, amount]));
}

const ORDER_ALONE = `select pg_advisory_xact_lock(hashtextextended('groundwork quota ' || $1, 0))`;
const ORDER_SHARED = `select pg_advisory_xact_lock_shared(hashtextextended('groundwork quota ' || $1, 0))`;

/** $1 region, $2 since: runs that may hold something that the cloud did not count then. */
const TAKING = `taking as materialized (
    select r.id, r.deployment_id, r.uses from runs r
     where r.uses is not null and r.finished_at is null
    union all
    select r.id, r.deployment_id, r.uses from runs r
     where r.uses is not null and r.finished_at > $2::timestamptz
  )`;

const AT_MOST = `with ${TAKING}
  select each.key as name, sum(each.value::float8) as amount
    from taking join deployments d on d.id = taking.deployment_id and d.region = $1, jsonb_each_text(taking.uses) each
   group by each.key`;

const HELD = `with ${TAKING}
  select r.id as run_id, r.deployment_id, each.key as name, sum(each.value::float8) as amount
    from taking join deployments d on d.id = taking.deployment_id and d.region = $1
    join runs r on r.id = taking.id
    cross join lateral jsonb_array_elements(r.plan->'nodes') node
    left join run_nodes n on n.run_id = r.id and n.phase = 'forward' and n.key = node->>'key'
    left join resources s on s.owner = r.deployment_id and s.key = node->>'key' and s.state <> 'deleted'
    cross join lateral jsonb_each_text(node->'uses') each
   where case
     when n.state = 'done' then s.state <> 'deleting' and n.finished_at > $2::timestamptz
     when node->>'action' = 'present' and s.run_id = r.id
       then s.state <> 'deleting' and (s.provider_id is null or s.updated_at > $2::timestamptz)
     when n.state in ('failed', 'skipped') then false
     else r.finished_at is null and r.phase = 'forward'
   end
   group by r.id, r.deployment_id, each.key`;

/** A change of something that stands adds its new flavor and takes its old one away. */
const FLAVORS = `with coming as (
    select node->'wanted'->>'flavor' as flavor, s.wanted->>'flavor' as standing
      from runs r
      join deployments d on d.id = r.deployment_id and d.region = $1
      cross join lateral jsonb_array_elements(r.plan->'nodes') node
      left join run_nodes n on n.run_id = r.id and n.phase = 'forward' and n.key = node->>'key'
      left join resources s on s.owner = r.deployment_id and s.key = node->>'key' and s.state in ('creating', 'present', 'updating')
     where r.status in ('pending', 'running') and r.phase = 'forward' and node->>'action' in ('present', 'update')
       and node->'wanted' ? 'flavor' and coalesce(n.state not in ('done', 'failed', 'skipped'), true)
  )
  select 'running' as state, wanted->>'flavor' as flavor, count(*) as count
    from resources where region = $1 and state in ('creating', 'present', 'updating') and wanted ? 'flavor' group by 2
  union all select 'accepted', flavor, count(*) from coming group by 2
  union all select 'accepted', standing, -count(*) from coming where standing is not null group by 2`;
