/**
 * Conditions: what is observed of a deployment beside its state. There is one of each type, and the time says since when its
 * status has been what it is.
 */

import type { Condition } from './deployment.ts';

export type NewCondition = Omit<Condition, 'last_transition_time'>;

/**
 * @param now RFC 3339
 * @returns all conditions with the new one in its place; undefined when it says nothing new
 */
export function withCondition(
  conditions: readonly Condition[],
  news: NewCondition,
  now: string,
): readonly Condition[] | undefined {
  const old = conditions.find((condition) => condition.type === news.type);
  if (!old && news.status === 'False' && news.type !== 'Configured') return undefined;
  if (old && old.status === news.status && old.reason === news.reason && old.message === news.message) return undefined;
  const since = old?.status === news.status ? old.last_transition_time : now;
  const { type, status, reason, message } = news;
  const next: Condition = { type, status, reason, message, last_transition_time: since };
  return old ? conditions.map((condition) => (condition === old ? next : condition)) : [...conditions, next];
}
