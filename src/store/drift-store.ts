/**
 * Drift in PostgreSQL. A look at a region is recorded in one transaction of a few statements, whatever its size; the
 * region's row in `region_checks` is locked meanwhile, so that two looks are recorded one after the other.
 */

import type { Condition } from '../domain/deployment.ts';
import { compareFindings, type DriftChange, driftCondition, isAccepted, openDifferences } from '../domain/drift.ts';
import type { RecordedFinding } from '../domain/drift.ts';
import type { Transaction } from '../ports/engine.ts';
import type { DriftScope, DriftStore } from '../ports/drift-store.ts';
import type { Database } from './database.ts';
import {
  DRIFT_COLUMNS,
  type DriftRow,
  findingFromRow,
  rowOfFinding,
  SUBJECT_COLUMNS,
  type SubjectRow,
  subjectFromRow,
} from './drift-rows.ts';
import { appendEventsToMany, type DeploymentEvent, setConditionsOfMany } from './many-deployments.ts';

/** Of the deployment `d`. */
const AT_REST = `d.status = 'COMPLETED' and d.active_run is null`;

export function createDriftStore(database: Database): DriftStore {
  const setConditions: DriftStore['setConditions'] = (news) =>
    database.transaction(async (tx) => appendEventsToMany(tx, await setConditionsOfMany(tx, news)));
  return {
    async subjects({ region, owner }) {
      const [clock] = await database.query<{ now: string }>('select clock_timestamp()::text as now');
      const rows = await database.query<SubjectRow>(SUBJECTS, [region, owner ?? null]);
      return { asOf: clock?.now ?? '', subjects: rows.map(subjectFromRow) };
    },
    record: (scope, look) => database.transaction((tx) => record(tx, scope, look)),
    async list(owner) {
      const [rows, [checked]] = await Promise.all([
        database.query<DriftRow>(LIST, [owner]),
        database.query<{ at: string | null }>(CHECKED_AT, [owner]),
      ]);
      return { findings: rows.map(findingFromRow), checkedAt: checked?.at ?? null };
    },
    accept: (owner, keys) => database.transaction((tx) => accept(tx, owner, keys)),
    async sight(region) {
      const [row] = await database.query<{ missing: number; resources: number }>(SIGHT, [region]);
      return { region, missing: row?.missing ?? 0, resources: row?.resources ?? 0 };
    },
    async healable(region, windowMs) {
      const rows = await database.query<{ id: string; conditions: Condition[]; recent_heals: number }>(HEALABLE, [
        region,
        windowMs,
      ]);
      return rows.map(({ id, conditions, recent_heals: recentHeals }) => ({ id, conditions, recentHeals }));
    },
    async forgetStops(region, condition) {
      const rows = await database.query<{ id: string }>(STOPPED_FOR_NOTHING, [region]);
      if (rows.length > 0) await setConditions(rows.map(({ id }) => ({ id, condition })));
    },
    setConditions,
    async counts(region) {
      const rows = await database.query<{ type: string; count: number }>(
        'select type, count(*) as count from drift where region = $1 and is_open group by type',
        [region],
      );
      return Object.fromEntries(rows.map(({ type, count }) => [type, count]));
    },
  };
}

const SUBJECTS = `select ${SUBJECT_COLUMNS} from resources r join deployments d on d.id = r.owner
  where r.region = $1 and r.state <> 'deleted' and ($2::uuid is null or r.owner = $2) and ${AT_REST}`;

async function record(
  tx: Transaction,
  { region, owner }: DriftScope,
  { asOf, findings }: Parameters<DriftStore['record']>[1],
): Promise<DriftChange> {
  await tx.query('insert into region_checks (region) values ($1) on conflict do nothing', [region]);
  await tx.query('select 1 from region_checks where region = $1 for update', [region]);
  if (owner === undefined) await tx.query(FORGET_DELETED, [region]);
  else await tx.query(REFRESHED, [owner]);
  const recorded = (await tx.query<DriftRow>(RECORDED, [region, owner ?? null])).map(findingFromRow);
  const owners = new Set([...recorded, ...findings].map((finding) => finding.owner));
  const resting = await tx.query<{ id: string; now: string }>(STILL_AT_REST, [[...owners], asOf]);
  const ids = new Set(resting.map(({ id }) => id));
  const [first] = resting;
  if (!first) return { standing: [], detected: [], cleared: [] };
  const isResting = (finding: { readonly owner: string }): boolean => ids.has(finding.owner);
  const change = compareFindings(recorded.filter(isResting), findings.filter(isResting), first.now);
  await writeFindings(tx, region, change);
  await tell(tx, change);
  return change;
}

const RECORDED = `select ${DRIFT_COLUMNS} from drift where region = $1 and ($2::uuid is null or owner = $2)`;

const FORGET_DELETED = `delete from drift using deployments d where d.id = drift.owner and drift.region = $1 and d.status = 'DELETED'`;

const REFRESHED = `insert into drift_refreshes (owner, checked_at) values ($1, clock_timestamp())
  on conflict (owner) do update set checked_at = excluded.checked_at`;

/** $2: no run has begun or ended since. */
const STILL_AT_REST = `select d.id, clock_timestamp() as now from deployments d
  where d.id = any($1) and ${AT_REST}
    and not exists (select from runs where deployment_id = d.id and greatest(created_at, finished_at) > $2::timestamptz)
  order by d.id for update`;

async function writeFindings(tx: Transaction, region: string, { standing, cleared }: DriftChange): Promise<void> {
  if (standing.length > 0) {
    await tx.query(UPSERT, [JSON.stringify(standing.map((finding) => rowOfFinding(finding, region)))]);
  }
  if (cleared.length > 0) {
    await tx.query(DELETE, [JSON.stringify(cleared.map((finding) => rowOfFinding(finding, region)))]);
  }
}

const UPSERT = `insert into drift (owner, key, provider_id, kind, region, type, is_gone, is_open, differences, accepted, first_seen, last_seen)
  select owner, key, provider_id, kind, region, type, is_gone, is_open, differences, accepted, first_seen, last_seen
    from jsonb_to_recordset($1::jsonb) as new(owner uuid, key text, provider_id text, kind text, region text, type text,
      is_gone boolean, is_open boolean, differences jsonb, accepted jsonb, first_seen timestamptz, last_seen timestamptz)
  on conflict (owner, key, provider_id) do update
    set type = excluded.type, is_gone = excluded.is_gone, is_open = excluded.is_open, differences = excluded.differences,
        accepted = excluded.accepted, first_seen = excluded.first_seen, last_seen = excluded.last_seen`;

const DELETE = `delete from drift using jsonb_to_recordset($1::jsonb) as old(owner uuid, key text, provider_id text)
  where drift.owner = old.owner and drift.key = old.key and drift.provider_id = old.provider_id`;

async function tell(tx: Transaction, { standing, detected, cleared }: DriftChange): Promise<void> {
  const byOwner = new Map<string, RecordedFinding[]>();
  for (const finding of standing) byOwner.set(finding.owner, [...(byOwner.get(finding.owner) ?? []), finding]);
  const owners = [...new Set([...detected, ...cleared].map(({ owner }) => owner))];
  const conditions = await setConditionsOfMany(
    tx,
    owners.map((id) => ({ id, condition: driftCondition(byOwner.get(id) ?? []) })),
  );
  await appendEventsToMany(tx, [
    ...detected.map((finding) => eventOf('drift.detected', finding)),
    ...cleared.map((finding) => eventOf('drift.cleared', finding)),
    ...conditions,
  ]);
}

function eventOf(
  type: 'drift.detected' | 'drift.cleared' | 'drift.accepted',
  finding: RecordedFinding,
): DeploymentEvent {
  const { owner: id, key, kind, providerId } = finding;
  const differences = type === 'drift.detected' ? openDifferences(finding) : finding.differences;
  const data = {
    ...{ type: finding.type, kind },
    provider_id: providerId,
    first_seen: finding.firstSeen,
    differences: differences.map((difference) => ({ ...difference })),
  };
  return { id, type, key, data };
}

/** What a run has changed or removed since the look is not drift any more; what it did beside the ledger is not known. */
const LIST = `select ${DRIFT_COLUMNS} from drift
  left join resources r on r.owner = drift.owner and r.key = drift.key and r.state <> 'deleted'
    and coalesce(r.provider_id, '') = drift.provider_id
  where drift.owner = $1 and case
    when drift.type = 'extra'
      then not exists (select from runs where deployment_id = drift.owner and finished_at > drift.last_seen)
    else r.key is not null and r.updated_at <= drift.last_seen end
  order by drift.key, drift.provider_id`;

/** A look from before the last run says nothing. */
const CHECKED_AT = `select checked.at from (
    select greatest(c.checked_at, f.checked_at) as at
      from deployments d left join region_checks c on c.region = d.region left join drift_refreshes f on f.owner = d.id
     where d.id = $1
  ) checked
  where not exists (select from runs where deployment_id = $1 and (finished_at is null or finished_at > checked.at))`;

async function accept(
  tx: Transaction,
  owner: string,
  keys: readonly string[] | undefined,
): Promise<readonly RecordedFinding[]> {
  await tx.query('select 1 from deployments where id = $1 for update', [owner]);
  const all = (await tx.query<DriftRow>(LIST, [owner])).map(findingFromRow);
  const chosen = all.filter(
    (finding) => finding.type !== 'extra' && !isAccepted(finding) && (keys === undefined || keys.includes(finding.key)),
  );
  if (chosen.length === 0) return [];
  const accepted = chosen.map((finding) => ({ ...finding, accepted: finding.differences }));
  const places = JSON.stringify(chosen.map((finding) => rowOfFinding(finding, '')));
  await tx.query(ACCEPT, [places]);
  const standing = all.map((finding) => accepted.find((one) => sameObject(one, finding)) ?? finding);
  const conditions = await setConditionsOfMany(tx, [{ id: owner, condition: driftCondition(standing) }]);
  await appendEventsToMany(tx, [...accepted.map((finding) => eventOf('drift.accepted', finding)), ...conditions]);
  return accepted;
}

function sameObject(one: RecordedFinding, other: RecordedFinding): boolean {
  return one.key === other.key && one.providerId === other.providerId;
}

const ACCEPT = `update drift set accepted = drift.differences, is_open = false
  from jsonb_to_recordset($1::jsonb) as chosen(owner uuid, key text, provider_id text)
  where drift.owner = chosen.owner and drift.key = chosen.key and drift.provider_id = chosen.provider_id`;

/** What was missing and has been replaced or deleted since is no longer: a finding stays until the next look. */
const SIGHT = `select (select count(*) from drift
      where region = $1 and is_gone and is_open
        and exists (select from resources r where r.owner = drift.owner and r.key = drift.key
                       and r.provider_id = drift.provider_id and r.state <> 'deleted')) as missing,
  (select count(*) from resources where region = $1 and state <> 'deleted') as resources`;

const STOPPED_FOR_NOTHING = `select d.id from deployments d
  where d.region = $1 and ${AT_REST} and d.conditions @> '[{"type": "HealingStopped", "status": "True"}]'
    and not exists (select from drift where owner = d.id and is_open)`;

/** Heals count from when healing was last resumed. */
const HEALABLE = `select d.id, d.conditions, (
    select count(*) from runs where deployment_id = d.id and kind = 'heal' and created_at > greatest(
      clock_timestamp() - $2 * interval '1 millisecond',
      (select (c->>'last_transition_time')::timestamptz from jsonb_array_elements(d.conditions) c
        where c->>'type' = 'HealingStopped' and c->>'status' = 'False'))
  ) as recent_heals
  from deployments d
  where d.id in (select owner from drift where region = $1 and is_open) and d.drift_policy = 'heal' and ${AT_REST}
  order by d.id`;
