/**
 * How exactly the plan that was shown is applied, and until when that is possible.
 */

import type { ShownPlan } from '../../../contract/deployment.ts';
import { wordsToApply } from '../command-words.ts';
import { formatTime } from './duration.ts';

interface Shown {
  readonly plan_id?: string;
  readonly plan_expires_at?: string;
  readonly plan?: Pick<ShownPlan, 'verdict'>;
}

/**
 * Nothing for a plan that would be refused.
 * @param words the command line that showed the plan; the one that applies it is not wrapped, so that it can be copied
 */
export function planIdLines(shown: Shown, words: readonly string[]): string[] {
  const { plan_id: planId, plan_expires_at: expiresAt, plan } = shown;
  if (planId === undefined || (plan?.verdict === 'fail' && !words.includes('--skip-checks'))) return [];
  const until = expiresAt === undefined ? '' : `, until ${formatTime(expiresAt)} UTC`;
  return ['', `Apply exactly this plan${until}:`, `  ${wordsToApply(words, planId)}`];
}
