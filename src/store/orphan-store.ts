/**
 * Orphans in PostgreSQL: what a look at a region found that nothing in the ledger stands for, and what became of it.
 */

import type { Stray } from '../domain/orphans.ts';
import type { OrphanStore } from '../ports/drift-store.ts';
import type { Found } from '../ports/driver.ts';
import { appendEvents } from './appended-events.ts';
import type { Database } from './database.ts';
import { type OrphanRow, orphanFromRow, type StrayRow, strayFromRow } from './drift-rows.ts';

export function createOrphanStore(database: Database): OrphanStore {
  return {
    async strays(region, found) {
      const list = JSON.stringify(found.map(rowOfFound));
      const rows = await database.query<StrayRow>(STRAYS, [region, list]);
      return rows.map(strayFromRow);
    },
    async record(region, judged) {
      const list = judged.map(({ stray, verdict }) => ({ ...rowOfStray(stray), verdict }));
      await database.query(RECORD, [region, JSON.stringify(list)]);
    },
    async isStillOrphan(stray) {
      const rows = await database.query(STILL_ORPHAN, [stray.owner, stray.providerId, stray.key, stray.generation]);
      return rows.length > 0;
    },
    recordRemoval: (region, stray) =>
      database.transaction(async (tx) => {
        const { kind, providerId, owner, key } = stray;
        await tx.query(REMOVED, [region, kind, providerId]);
        const data = { kind, provider_id: providerId };
        await appendEvents(tx, owner, [{ type: 'sweep.removed', key, data }]);
      }),
    async recordRefusal(region, { kind, providerId }, detail) {
      await database.query('update orphans set detail = $4 where region = $1 and kind = $2 and provider_id = $3', [
        region,
        kind,
        providerId,
        detail,
      ]);
    },
    async list(region) {
      const rows = await database.query<OrphanRow>(LIST, [region]);
      return rows.map(orphanFromRow);
    },
  };
}

function rowOfFound({ providerId, kind, mark, createdAt }: Found) {
  const born = Date.parse(createdAt);
  const created_at = new Date(Number.isNaN(born) ? 0 : born).toISOString();
  return { provider_id: providerId, kind, owner: mark.owner, key: mark.key, generation: mark.generation, created_at };
}

function rowOfStray({ providerId, kind, owner, key, generation, createdAt, firstSeen }: Stray) {
  const when = { created_at: createdAt, first_seen: firstSeen };
  return { provider_id: providerId, kind, owner, key, generation, ...when };
}

/** What a living row names by id, or may still turn out to mean. Two questions, because a database can hash each of them. */
const nothingStandsFor = (object: { owner: string; providerId: string; key: string; generation: string }): string =>
  `not exists (
     select from resources r where r.owner = ${object.owner} and r.state <> 'deleted' and r.provider_id = ${object.providerId})
   and not exists (
     select from resources r where r.owner = ${object.owner} and r.state <> 'deleted' and r.provider_id is null
        and r.key = ${object.key} and r.generation = ${object.generation})`;

const ACTIVE = `status in ('pending', 'running', 'rolling_back')`;

/** A mark is text that anybody may write: what is no id is nobody of ours. */
const STRAYS = `with found as materialized (
    select *, case when owner ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then owner::uuid end as id
      from jsonb_to_recordset($2::jsonb)
        as new(provider_id text, kind text, owner text, key text, generation integer, created_at timestamptz)
  )
  select f.provider_id, f.kind, f.owner, f.key, f.generation, f.created_at, seen.first_seen,
         1000 * extract(epoch from clock_timestamp() - case
           when f.created_at >= '2000-01-01' then f.created_at else seen.first_seen end)::float8 as age_ms,
         d.id is not null as is_owner_known,
         exists (select from runs where deployment_id = d.id and (${ACTIVE} or sweep_again_at is not null)) as is_owner_busy
    from found f left join deployments d on d.id = f.id
         cross join lateral (select coalesce((
           select o.first_seen from orphans o
            where o.region = $1 and o.kind = f.kind and o.provider_id = f.provider_id and o.removed_at is null
         ), clock_timestamp()) as first_seen) seen
   where ${nothingStandsFor({ owner: 'f.id', providerId: 'f.provider_id', key: 'f.key', generation: 'f.generation' })}`;

const RECORD = `with judged as (
    select * from jsonb_to_recordset($2::jsonb) as new(provider_id text, kind text, owner text, key text, generation integer,
      verdict text, created_at timestamptz, first_seen timestamptz)
  ), forgotten as (
    delete from orphans o where region = $1 and removed_at is null
      and (o.kind, o.provider_id) not in (select kind, provider_id from judged)
  )
  insert into orphans (region, kind, provider_id, owner, key, generation, verdict, created_at, first_seen, last_seen)
  select $1, kind, provider_id, owner, key, generation, verdict, created_at, first_seen, clock_timestamp() from judged
  on conflict (region, kind, provider_id) do update
    set verdict = excluded.verdict, first_seen = excluded.first_seen, last_seen = excluded.last_seen, removed_at = null`;

const STILL_ORPHAN = `select 1
  where ${nothingStandsFor({ owner: '$1::uuid', providerId: '$2::text', key: '$3::text', generation: '$4::integer' })}
    and not exists (select from runs where deployment_id = $1::uuid and ${ACTIVE})`;

const REMOVED = `update orphans set removed_at = clock_timestamp(), detail = null
  where region = $1 and kind = $2 and provider_id = $3`;

const LIST = `select provider_id, kind, owner, key, generation, verdict, created_at, first_seen, last_seen, removed_at, detail
  from orphans where region = $1 order by coalesce(removed_at, last_seen) desc, kind, provider_id limit 1000`;
