/**
 * Orphans: objects in a region that carry an owner mark and that no living row of the ledger stands for. What may be
 * deleted of them is decided here, purely; the benefit of every doubt goes to the object.
 */

export interface Stray {
  readonly providerId: string;
  readonly kind: string;
  /** As its mark says; not necessarily anybody we know. */
  readonly owner: string;
  readonly key: string;
  readonly generation: number;
  /** RFC 3339, by the cloud; at the epoch when the cloud does not tell. */
  readonly createdAt: string;
  /** RFC 3339; when a look first found that nothing stands for it. */
  readonly firstSeen: string;
  /** Since it was created; where the cloud does not tell when, since it was first seen. */
  readonly ageMs: number;
  /** A deployment of this database. */
  readonly isOwnerKnown: boolean;
  /** A run of its owner is active, or its owner is going to be looked at once more after a run. */
  readonly isOwnerBusy: boolean;
}

export const ORPHAN_VERDICTS = [
  /** Nobody will miss it. */
  'orphan',
  /** Its owner is not of this database: another Groundwork may work in the same project. Never touched. */
  'foreign',
  /** Too young to be sure. */
  'young',
  /** A run may be about to adopt or to remove it. */
  'busy',
] as const;
export type OrphanVerdict = (typeof ORPHAN_VERDICTS)[number];

export function judgeStray(stray: Stray, graceMs: number): OrphanVerdict {
  if (!stray.isOwnerKnown) return 'foreign';
  if (stray.isOwnerBusy) return 'busy';
  return stray.ageMs < graceMs ? 'young' : 'orphan';
}

export interface SweepLimits {
  /** Objects that one sweep may delete. */
  readonly maxCount: number;
  /** Percent of all objects with our mark that one sweep may delete. */
  readonly maxShare: number;
}

/**
 * The brake.
 * @param total objects with a mark of ours in the region, the orphans included
 * @returns why a sweep does not begin; undefined when nothing speaks against it
 */
export function sweepBrake(orphans: number, total: number, limits: SweepLimits): string | undefined {
  if (orphans > limits.maxCount)
    return `${orphans} objects would be deleted, more than sweep_max_count (${limits.maxCount})`;
  if (orphans * 100 > total * limits.maxShare) {
    return `${orphans} of ${total} objects would be deleted, more than sweep_max_share (${limits.maxShare} %)`;
  }
  return undefined;
}
