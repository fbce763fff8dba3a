/**
 * How exactly the plan that was shown is applied, and until when that is possible.
 */

import { wordsToApply } from '../command-words.ts';
import { formatTime } from './duration.ts';

interface Shown {
  readonly plan_id?: string;
  readonly plan_expires_at?: string;
}

/** @param words the command line that showed the plan; the one that applies it is not wrapped, so that it can be copied */
export function planIdLines(
  { plan_id: planId, plan_expires_at: expiresAt }: Shown,
  words: readonly string[],
): string[] {
  if (planId === undefined) return [];
  const until = expiresAt === undefined ? '' : `, until ${formatTime(expiresAt)} UTC`;
  return ['', `Apply exactly this plan${until}:`, `  ${wordsToApply(words, planId)}`];
}
