/**
 * Removing orphans of a region: dependents first, each asked about once more right before the call, every removal put on
 * record. What refuses to go is left for the next look.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { OrphanVerdict, Stray, SweepLimits } from '../domain/orphans.ts';
import { sweepBrake } from '../domain/orphans.ts';
import type { OrphanStore } from '../ports/drift-store.ts';
import type { CallContext, Driver, Region, ResourceRef } from '../ports/driver.ts';
import type { Logger } from '../ports/logger.ts';

export interface JudgedStray {
  readonly stray: Stray;
  readonly verdict: OrphanVerdict;
}

export interface Sweep {
  readonly region: Region;
  readonly orphans: OrphanStore;
  readonly limits: SweepLimits;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export interface SweepReport {
  readonly removed: number;
  /** Why the sweep did not begin. */
  readonly brake: string | null;
}

const GONE_WITHIN_MS = 30_000;
const PAUSE_MS = 500;

/** @param marked objects with a mark in the region */
export async function sweepOrphans(sweep: Sweep, judged: readonly JudgedStray[], marked: number): Promise<SweepReport> {
  const chosen = judged.filter(({ verdict }) => verdict === 'orphan').map(({ stray }) => stray);
  const ours = marked - judged.filter(({ verdict }) => verdict === 'foreign').length;
  const brake = sweepBrake(chosen.length, ours, sweep.limits);
  if (brake !== undefined) {
    sweep.log.error({ orphans: chosen.length, marked: ours, brake }, 'the orphan sweep was stopped by its brake');
    return { removed: 0, brake };
  }
  let removed = 0;
  for (const kind of sweep.region.kinds) {
    const ofKind = chosen.filter((stray) => stray.kind === kind);
    const driver = sweep.region.driver(kind);
    if (!driver || ofKind.length === 0) continue;
    const gone = await Promise.all(ofKind.map((stray) => removeOne(sweep, driver, stray)));
    removed += gone.filter(Boolean).length;
  }
  return { removed, brake: null };
}

/** Something came to stand for it, or a run of its owner began. */
class NoOrphanAnyMore extends Error {}

async function removeOne(sweep: Sweep, driver: Driver, stray: Stray): Promise<boolean> {
  const { region, orphans, log, signal } = sweep;
  const { owner, key, generation, providerId, kind } = stray;
  const about = { key, kind, providerId, deploymentId: owner };
  const context: CallContext = {
    signal,
    beforeEffect: async () => {
      if (signal.aborted || !(await orphans.isStillOrphan(stray))) throw new NoOrphanAnyMore();
    },
  };
  const ref: ResourceRef = { providerId, mark: { owner, key, generation }, wanted: {} };
  try {
    const answer = await driver.remove(ref, context);
    if (answer === 'accepted') await untilGone(driver, ref, context);
  } catch (error) {
    if (signal.aborted || error instanceof NoOrphanAnyMore) return false;
    const { message } = driver.classify(error);
    log.warn({ ...about, err: error }, 'an orphan could not be removed; it is tried again at the next look');
    await orphans.recordRefusal(region.name, stray, message);
    return false;
  }
  log.warn(about, 'removed an orphan: an object with our mark that nothing in the ledger stands for');
  await orphans.recordRemoval(region.name, stray);
  return true;
}

/** What stood on it has to be really gone before its foundations can go. */
async function untilGone(driver: Driver, ref: ResourceRef, context: CallContext): Promise<void> {
  const end = performance.now() + GONE_WITHIN_MS;
  while (performance.now() < end) {
    if (!(await driver.observe([ref], context)).has(ref.providerId)) return;
    await delay(PAUSE_MS, undefined, { signal: context.signal });
  }
}
