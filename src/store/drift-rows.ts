/**
 * Rows of drift and orphans in the domain's words.
 */

import type { Difference } from '../domain/difference.ts';
import type { DriftSubject, FindingType, RecordedFinding } from '../domain/drift.ts';
import { isAccepted, isGone } from '../domain/drift.ts';
import type { JsonObject } from '../domain/json.ts';
import type { OrphanVerdict, Stray } from '../domain/orphans.ts';
import type { OrphanRecord } from '../ports/drift-store.ts';

export const DRIFT_COLUMNS =
  'drift.owner, drift.key, drift.provider_id, drift.kind, drift.type, differences, accepted, first_seen, last_seen';

export interface DriftRow {
  owner: string;
  key: string;
  provider_id: string;
  kind: string;
  type: FindingType;
  differences: Difference[];
  accepted: Difference[];
  first_seen: string;
  last_seen: string;
}

export function findingFromRow(row: DriftRow): RecordedFinding {
  const { provider_id: providerId, first_seen: firstSeen, last_seen: lastSeen, ...same } = row;
  return { ...same, providerId, firstSeen, lastSeen };
}

/** For `jsonb_to_recordset`. */
export function rowOfFinding(finding: RecordedFinding, region: string): JsonObject {
  const { owner, key, kind, type, providerId, differences, accepted, firstSeen, lastSeen } = finding;
  return {
    ...{ owner, key, kind, type, region },
    provider_id: providerId,
    differences: differences.map((difference) => ({ ...difference })),
    accepted: accepted.map((difference) => ({ ...difference })),
    is_gone: isGone(finding),
    is_open: !isAccepted(finding),
    first_seen: firstSeen,
    last_seen: lastSeen,
  };
}

export const SUBJECT_COLUMNS = 'r.owner, r.key, r.generation, r.kind, r.state, r.provider_id, r.wanted, r.outputs';

export interface SubjectRow extends Omit<DriftSubject, 'providerId'> {
  provider_id: string | null;
}

export function subjectFromRow({ provider_id: providerId, ...same }: SubjectRow): DriftSubject {
  return { ...same, providerId };
}

export interface StrayRow {
  provider_id: string;
  kind: string;
  owner: string;
  key: string;
  generation: number;
  created_at: string;
  first_seen: string;
  age_ms: number;
  is_owner_known: boolean;
  is_owner_busy: boolean;
}

export function strayFromRow(row: StrayRow): Stray {
  const { kind, owner, key, generation } = row;
  return {
    ...{ kind, owner, key, generation },
    providerId: row.provider_id,
    createdAt: row.created_at,
    firstSeen: row.first_seen,
    ageMs: row.age_ms,
    isOwnerKnown: row.is_owner_known,
    isOwnerBusy: row.is_owner_busy,
  };
}

export interface OrphanRow extends Omit<StrayRow, 'age_ms' | 'is_owner_known' | 'is_owner_busy'> {
  verdict: OrphanVerdict;
  last_seen: string;
  removed_at: string | null;
  detail: string | null;
}

export function orphanFromRow(row: OrphanRow): OrphanRecord {
  const { kind, owner, key, generation, verdict, detail } = row;
  return {
    ...{ kind, owner, key, generation, verdict, detail },
    providerId: row.provider_id,
    createdAt: row.created_at,
    firstSeen: row.first_seen,
    lastSeen: row.last_seen,
    removedAt: row.removed_at,
  };
}
