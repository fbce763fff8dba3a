/**
 * One look at a region, and what follows from it: drift is recorded and told, objects without an owner are judged and, where
 * that is configured, removed, and deployments that are to be healed are. Of several servers one does it at a time.
 *
 * A look that did not see everything says nothing: no finding is recorded or cleared by it, nothing is healed or removed.
 */

import { type DriftSubject, extraFinding, type Finding } from '../domain/drift.ts';
import { GroundworkError } from '../domain/errors.ts';
import { decideHeal, healingResumed, type HealLimits } from '../domain/healing.ts';
import { judgeStray, type SweepLimits } from '../domain/orphans.ts';
import type { DriftStore, OrphanStore, RegionCheckStore } from '../ports/drift-store.ts';
import type { Found, Region } from '../ports/driver.ts';
import type { Logger } from '../ports/logger.ts';
import type { Measurements } from '../ports/measurements.ts';
import { CONFIRM_AFTER_MS, findDrift, lookOnly } from './find-drift.ts';
import { type JudgedStray, sweepOrphans } from './sweep-orphans.ts';

export interface WatchSettings {
  readonly everyMs: number;
  readonly healing: HealLimits;
  readonly sweep: SweepLimits & { readonly mode: 'report' | 'delete'; readonly graceMs: number };
}

export interface CheckDependencies {
  readonly store: {
    readonly regionChecks: RegionCheckStore;
    readonly drift: DriftStore;
    readonly orphans: OrphanStore;
  };
  readonly newId: () => string;
  readonly log: Logger;
  readonly measurements: Pick<Measurements, 'regionChecked' | 'orphansRemoved'>;
  /** Between two looks for what seems missing; default a second. */
  readonly confirmAfterMs?: number;
}

export interface RegionWatch {
  readonly region: Region;
  readonly settings: WatchSettings;
  /** Starts a heal of a deployment as its policy wants it; does nothing when that is not possible any more. */
  readonly heal: (deploymentId: string) => Promise<void>;
}

/** After a look that failed, the next one does not wait as long as after one that succeeded. */
const AGAIN_AFTER_MS = 60_000;

/**
 * Looks at the region if that is due.
 * @returns false: there is never more to do at once
 * @throws StoreUnavailable
 */
export async function checkRegion(
  dependencies: CheckDependencies,
  watch: RegionWatch,
  signal: AbortSignal,
): Promise<boolean> {
  const { regionChecks } = dependencies.store;
  const { region, settings } = watch;
  const lease = await regionChecks.take(region.name, dependencies.newId());
  if (!lease) return false;
  try {
    const { resources, marked, brake } = await look(dependencies, watch, signal);
    await regionChecks.finish(lease, { nextInMs: settings.everyMs, resources, marked, brake });
  } catch (error) {
    const nextInMs = Math.min(AGAIN_AFTER_MS, settings.everyMs);
    await regionChecks.finish(lease, { nextInMs, error: error instanceof Error ? error.message : String(error) });
    if (!signal.aborted) throw error;
    return false;
  }
  await healDrifted(dependencies, watch);
  return false;
}

async function look(dependencies: CheckDependencies, watch: RegionWatch, signal: AbortSignal) {
  const { store, log, measurements } = dependencies;
  const { region, settings } = watch;
  const began = performance.now();
  const { asOf, subjects } = await store.drift.subjects({ region: region.name });
  const [findings, found] = await Promise.all([
    findDrift(region, subjects, signal, dependencies.confirmAfterMs ?? CONFIRM_AFTER_MS),
    region.findAll?.(lookOnly(signal)) ?? [],
  ]);
  const judged = await judgeFound(dependencies, watch, found);
  const extras = extrasAmong(judged, subjects);
  const change = await store.drift.record({ region: region.name }, { asOf, findings: [...findings, ...extras] });
  const limits = settings.sweep;
  const sweep = { region, orphans: store.orphans, limits, log: log.child({ region: region.name }), signal };
  const swept =
    limits.mode === 'delete' ? await sweepOrphans(sweep, judged, found.length) : { removed: 0, brake: null };
  measurements.regionChecked(
    {
      region: region.name,
      findings: await store.drift.counts(region.name),
      orphans: countVerdicts(judged),
      sweepStopped: swept.brake !== null,
    },
    (performance.now() - began) / 1000,
  );
  measurements.orphansRemoved({ region: region.name }, swept.removed);
  const { detected, cleared } = change;
  if (detected.length + cleared.length > 0) {
    log.warn({ region: region.name, detected: detected.length, cleared: cleared.length }, 'the cloud has drifted');
  }
  return { resources: subjects.length, marked: found.length, brake: swept.brake };
}

async function judgeFound(
  { store }: CheckDependencies,
  { region, settings }: RegionWatch,
  found: readonly Found[],
): Promise<JudgedStray[]> {
  const strays = await store.orphans.strays(region.name, found);
  const judged = strays.map((stray) => ({ stray, verdict: judgeStray(stray, settings.sweep.graceMs) }));
  await store.orphans.record(region.name, judged);
  return judged;
}

/** Orphans whose owner lives are drift of that deployment, too. */
function extrasAmong(judged: readonly JudgedStray[], subjects: readonly DriftSubject[]): Finding[] {
  const owners = new Set(subjects.map(({ owner }) => owner));
  return judged
    .filter(({ stray, verdict }) => verdict === 'orphan' && owners.has(stray.owner))
    .map(({ stray: { owner, key, kind, providerId } }) => extraFinding({ owner, key, kind, providerId }));
}

function countVerdicts(judged: readonly JudgedStray[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { verdict } of judged) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
}

async function healDrifted({ store, log }: CheckDependencies, watch: RegionWatch): Promise<void> {
  const { region, settings, heal } = watch;
  await store.drift.forgetStops(region.name, healingResumed('NothingToHeal', 'there is nothing to heal any more'));
  const candidates = await store.drift.healable(region.name, settings.healing.windowMs);
  if (candidates.length === 0) return;
  const sight = await store.drift.sight(region.name);
  const decisions = candidates.map((candidate) => ({
    id: candidate.id,
    decision: decideHeal(candidate, sight, settings.healing),
  }));
  const news = decisions.flatMap(({ id, decision: { condition } }) => (condition ? [{ id, condition }] : []));
  await store.drift.setConditions(news);
  for (const { id, decision } of decisions) {
    if (!decision.heal) continue;
    await heal(id).catch((error: unknown) =>
      log.warn({ err: error, deploymentId: id }, 'a heal could not be started; the next look tries again'),
    );
  }
}

/**
 * Looks at one deployment because somebody wants to know.
 * @throws GroundworkError region_unreachable
 */
export async function checkDeployment(
  { store, confirmAfterMs = CONFIRM_AFTER_MS }: CheckDependencies,
  region: Region,
  deploymentId: string,
  signal: AbortSignal,
): Promise<void> {
  const scope = { region: region.name, owner: deploymentId };
  const { asOf, subjects } = await store.drift.subjects(scope);
  const findings = await lookAtOne(region, { subjects, deploymentId, signal, confirmAfterMs });
  const strays = await store.orphans.strays(region.name, findings.found);
  const extras = strays
    .filter((stray) => stray.isOwnerKnown && !stray.isOwnerBusy)
    .map(({ owner, key, kind, providerId }) => extraFinding({ owner, key, kind, providerId }));
  await store.drift.record(scope, { asOf, findings: [...findings.drift, ...extras] });
}

interface OneLook {
  readonly subjects: readonly DriftSubject[];
  readonly deploymentId: string;
  readonly signal: AbortSignal;
  readonly confirmAfterMs: number;
}

async function lookAtOne(region: Region, { subjects, deploymentId, signal, confirmAfterMs }: OneLook) {
  const drivers = region.kinds.flatMap((kind) => region.driver(kind) ?? []);
  try {
    const [drift, ...found] = await Promise.all([
      findDrift(region, subjects, signal, confirmAfterMs),
      ...drivers.map((driver) => driver.find(deploymentId, lookOnly(signal))),
    ]);
    return { drift, found: found.flat() };
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new GroundworkError('region_unreachable', `the region ${region.name} could not be looked at: ${said}`, {
      cause,
    });
  }
}
