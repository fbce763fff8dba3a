/**
 * Whether drift is put right without being asked. Two brakes: a region in which much looks missing at once is rather one
 * that cannot be seen properly (another project's credentials, a cloud that lost its database), and a deployment that has
 * to be healed again and again has somebody working against it. Pure.
 */

import type { NewCondition } from './condition.ts';
import type { Condition } from './deployment.ts';

export interface HealLimits {
  /** So many heals of one deployment within the window, and no more. */
  readonly maxRuns: number;
  readonly windowMs: number;
  /** Percent of a region's resources that may be missing. */
  readonly maxMissingShare: number;
}

/** How much of a region the last look did not find. */
export interface RegionSight {
  readonly region: string;
  readonly missing: number;
  readonly resources: number;
}

export const HEALING_STOPPED = 'HealingStopped';

/** @returns why nothing in the region is healed; undefined when nothing speaks against it */
export function tooMuchMissing(sight: RegionSight, limits: Pick<HealLimits, 'maxMissingShare'>): string | undefined {
  const { region, missing, resources } = sight;
  if (missing === 0 || missing * 100 <= resources * limits.maxMissingShare) return undefined;
  return (
    `${missing} of ${resources} resources of the region ${region} look missing at once, which is more than ` +
    `${limits.maxMissingShare} %: rather the credentials or the cloud are wrong than each of them deleted`
  );
}

export interface HealCandidate {
  readonly conditions: readonly Condition[];
  /** Heals that began within the window, and since healing was last resumed. */
  readonly recentHeals: number;
}

export type HealDecision =
  /** With a condition that is to be taken back. */
  | { readonly heal: true; readonly condition: NewCondition | undefined }
  /** Undefined: it is stopped already, and nothing new is to be said. */
  | { readonly heal: false; readonly condition: NewCondition | undefined };

/** Decides for a deployment whose policy is to heal and that has findings which nobody accepted. */
export function decideHeal(candidate: HealCandidate, sight: RegionSight, limits: HealLimits): HealDecision {
  const standing = candidate.conditions.find(({ type, status }) => type === HEALING_STOPPED && status === 'True');
  if (standing?.reason === 'TooManyHeals') return { heal: false, condition: undefined };
  const blind = tooMuchMissing(sight, limits);
  if (blind !== undefined) return { heal: false, condition: stopped('TooMuchMissing', `${blind}. ${RESUME}`) };
  if (candidate.recentHeals >= limits.maxRuns) {
    const message =
      `it was healed ${candidate.recentHeals} times within ${Math.round(limits.windowMs / 60_000)} minutes and has ` +
      `drifted again: somebody or something works against it. ${RESUME}`;
    return { heal: false, condition: stopped('TooManyHeals', message) };
  }
  const message = 'what spoke against healing is over';
  return { heal: true, condition: standing && healingResumed('Resumed', message) };
}

const RESUME =
  'Find the cause; then POST /deployments/{id}/heal resumes healing, or POST /deployments/{id}/drift/accept keeps things as they are.';

function stopped(reason: string, message: string): NewCondition {
  return { type: HEALING_STOPPED, status: 'True', reason, message };
}

/** @param why for example `Resumed`, `NothingToHeal` */
export function healingResumed(why: string, message: string): NewCondition {
  return { type: HEALING_STOPPED, status: 'False', reason: why, message };
}
