/**
 * Conditions of a deployment, changed together with the events that tell of it. The caller holds the deployment's row lock
 * or takes it here.
 */

import { type NewCondition, withCondition } from '../domain/condition.ts';
import type { Condition } from '../domain/deployment.ts';
import type { Transaction } from '../ports/engine.ts';
import { appendEvents } from './appended-events.ts';

/** @returns whether anything was new */
export async function setConditions(
  tx: Transaction,
  deploymentId: string,
  news: readonly NewCondition[],
): Promise<boolean> {
  if (news.length === 0) return false;
  const [row] = await tx.query<{ conditions: Condition[]; now: string }>(
    'select conditions, clock_timestamp() as now from deployments where id = $1 for update',
    [deploymentId],
  );
  if (!row) return false;
  let conditions: readonly Condition[] = row.conditions;
  const changed: Condition[] = [];
  for (const condition of news) {
    const next = withCondition(conditions, condition, row.now);
    if (!next) continue;
    conditions = next;
    changed.push(...next.filter(({ type }) => type === condition.type));
  }
  if (changed.length === 0) return false;
  await tx.query('update deployments set conditions = $2 where id = $1', [deploymentId, JSON.stringify(conditions)]);
  await appendEvents(
    tx,
    deploymentId,
    changed.map((condition) => ({ type: 'deployment.condition', data: { ...condition } })),
  );
  return true;
}
