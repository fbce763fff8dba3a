/**
 * Expiry in PostgreSQL: a time at which somebody has to look, on the deployment's own row. Whoever looks holds the row, so
 * every warning is told once, however many servers look; and what it tells is committed with the next time.
 */

import type { Condition, DeploymentStatus } from '../domain/deployment.ts';
import { decideExpiry, isExpired } from '../domain/ttl.ts';
import type { Transaction } from '../ports/engine.ts';
import type { ExpiryStore } from '../ports/expiry-store.ts';
import { appendEvents } from './appended-events.ts';
import { setConditions } from './conditions.ts';
import type { Database } from './database.ts';

export function createExpiryStore(database: Database): ExpiryStore {
  return {
    set: (deploymentId, expiresAt, now) =>
      database.transaction((tx) => setExpiry(tx, deploymentId, expiresAt && new Date(expiresAt), new Date(now))),
    look: (now) => database.transaction((tx) => look(tx, new Date(now))),
  };
}

interface ExpiryRow {
  id: string;
  status: DeploymentStatus;
  conditions: Condition[];
  expires_at: string | null;
  set_at: number;
  look_at: number;
}

/** Milliseconds; null for a time that is before all times. */
const COLUMNS = `id, status, conditions, expires_at, (extract(epoch from expiry_set_at) * 1000)::float8 as set_at,
  (extract(epoch from expiry_look_at) * 1000)::float8 as look_at`;

async function setExpiry(
  tx: Transaction,
  id: string,
  expiresAt: Date | null | '',
  now: Date,
): ReturnType<ExpiryStore['set']> {
  const [row] = await tx.query<ExpiryRow>(`select ${COLUMNS} from deployments where id = $1 for update`, [id]);
  if (!row || row.status === 'DELETING' || row.status === 'DELETED') return 'gone';
  if (isExpired(row.conditions)) return 'expired';
  const written = expiresAt ? expiresAt.toISOString() : null;
  await tx.query(
    `update deployments set expires_at = $2::timestamptz, expiry_set_at = $3::timestamptz,
            expiry_look_at = case when $2 is not null then '-infinity'::timestamptz end where id = $1`,
    [id, written, now.toISOString()],
  );
  await setConditions(tx, id, [
    { type: 'Expiring', status: 'False', reason: 'Extended', message: `it lives until ${written ?? 'it is deleted'}` },
  ]);
  const data = { expires_at: { from: row.expires_at, to: written } };
  await appendEvents(tx, id, [{ type: 'deployment.changed', data }]);
  return 'set';
}

async function look(tx: Transaction, now: Date): ReturnType<ExpiryStore['look']> {
  const [row] = await tx.query<ExpiryRow>(
    `select ${COLUMNS} from deployments where expiry_look_at <= $1 order by expiry_look_at limit 1 for update skip locked`,
    [now.toISOString()],
  );
  if (!row) return undefined;
  const { id, expires_at: written } = row;
  const expiresAt = written === null ? null : Date.parse(written);
  const seen = { ...row, expiresAt, setAt: row.set_at, lookAt: row.look_at };
  const { tell, isOver, lookAt } = decideExpiry(seen, now.getTime(), written ?? '');
  await tx.query('update deployments set expiry_look_at = $2 where id = $1', [
    id,
    lookAt === null ? null : new Date(lookAt).toISOString(),
  ]);
  if (tell) {
    await appendEvents(tx, id, [{ type: tell.type, data: tell.data }]);
    await setConditions(tx, id, [tell.condition]);
  }
  return { deploymentId: id, isOver };
}
