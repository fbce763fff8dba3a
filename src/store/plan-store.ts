/**
 * Shown plans in PostgreSQL. They are kept as text-preserving json: what is applied is what was shown, key by key.
 */

import type { Plan } from '../domain/plan.ts';
import type { JsonObject } from '../domain/json.ts';
import type { NewShownPlan, PlanBasis, PlanStore, StoredPlan } from '../ports/plan-store.ts';
import type { Database } from './database.ts';

interface PlanRow {
  id: string;
  kind: NewShownPlan['kind'];
  deployment_id: string;
  request: JsonObject;
  plan: Plan;
  basis: PlanBasis;
  created_at: string;
  expires_at: string;
  is_expired: boolean;
  applied_at: string | null;
}

export function createPlanStore(database: Database): PlanStore {
  return {
    async remember({ id, kind, deploymentId, request, plan, basis }, forSeconds) {
      const [row] = await database.query<{ expires_at: string }>(REMEMBER, [
        id,
        kind,
        deploymentId,
        request,
        plan,
        basis,
        forSeconds,
      ]);
      return { expiresAt: row?.expires_at ?? '' };
    },
    async get(id) {
      const [row] = await database.query<PlanRow>(GET, [id]);
      return row && planFromRow(row);
    },
    async claim(transaction, id) {
      const rows = await transaction.query(CLAIM, [id]);
      return rows.length > 0;
    },
  };
}

/** An expired plan is kept for a day, so that whoever applies it learns why it cannot be. */
const REMEMBER = `with forgotten as (delete from plans where expires_at < now() - interval '1 day')
  insert into plans (id, kind, deployment_id, request, plan, basis, expires_at)
  values ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7)) returning expires_at`;

const GET = `select id, kind, deployment_id, request, plan, basis, created_at, expires_at, expires_at <= now() as is_expired,
    applied_at from plans where id = $1`;

const CLAIM = `update plans set applied_at = now() where id = $1 and applied_at is null and expires_at > now() returning id`;

function planFromRow(row: PlanRow): StoredPlan {
  return {
    id: row.id,
    kind: row.kind,
    deploymentId: row.deployment_id,
    request: row.request,
    plan: row.plan,
    basis: row.basis,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    isExpired: row.is_expired,
    appliedAt: row.applied_at,
  };
}
