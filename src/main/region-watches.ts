/**
 * Puts the looks at regions together: what the configuration says about them, one loop a region, and what the use cases
 * need to look for themselves.
 */

import type { DriftWatch, Regions } from '../app/dependencies.ts';
import type { Config } from '../config/load-config.ts';
import type { Logger } from '../ports/logger.ts';
import type { Measurements } from '../ports/measurements.ts';
import type { Store } from '../ports/store.ts';
import {
  checkDeployment,
  checkRegion,
  type CheckDependencies,
  type WatchSettings,
} from '../reconcilers/check-region.ts';
import { createReconciler } from '../reconcilers/reconciler.ts';
import type { Closers } from './closers.ts';

/** How often a server asks whether a look is due. */
const ASK_EVERY_MS = 5_000;

type RegionConfig = Config['regions'][string];

export interface WatchParts {
  readonly store: Store;
  readonly regions: Regions;
  /** As configured, or of the simulated cloud. */
  readonly configs: Config['regions'];
  readonly newId: () => string;
  readonly log: Logger;
  readonly measurements: Measurements;
}

/** What the use cases need. */
export function createDriftWatch(parts: WatchParts, closers: Closers): DriftWatch {
  const stopping = new AbortController();
  closers.add('looks at deployments', async () => stopping.abort());
  const settings = (region: string): WatchSettings | undefined => {
    const config = parts.configs[region];
    return config && settingsOf(config);
  };
  return {
    look: (region, deploymentId) => checkDeployment(dependenciesOf(parts), region, deploymentId, stopping.signal),
    maxMissingShare: (region) => settings(region)?.healing.maxMissingShare ?? 100,
    sweepMode: (region) => settings(region)?.sweep.mode ?? 'report',
    healed: (heal) => parts.measurements.healStarted(heal),
  };
}

/** Starts a loop for every region that is to be looked at. */
export function startRegionWatches(
  parts: WatchParts,
  heal: (deploymentId: string) => Promise<void>,
  closers: Closers,
): void {
  for (const region of parts.regions.all) {
    const config = parts.configs[region.name];
    const settings = config && settingsOf(config);
    if (!settings || settings.everyMs === 0) continue;
    const reconciler = createReconciler({
      name: `look at ${region.name}`,
      everyMs: Math.min(ASK_EVERY_MS, settings.everyMs),
      deed: (signal) => checkRegion(dependenciesOf(parts), { region, settings, heal }, signal),
      log: parts.log,
    });
    reconciler.start();
    closers.add(`looks at ${region.name}`, () => reconciler.stop());
  }
}

function dependenciesOf({ store, newId, log, measurements }: WatchParts): CheckDependencies {
  return { store, newId, log, measurements };
}

function settingsOf(config: RegionConfig): WatchSettings {
  return {
    everyMs: milliseconds(config.drift_interval),
    healing: {
      maxRuns: config.heal_limit,
      windowMs: milliseconds(config.heal_window),
      maxMissingShare: config.heal_max_missing_share,
    },
    sweep: {
      mode: config.sweep,
      graceMs: milliseconds(config.sweep_grace),
      maxCount: config.sweep_max_count,
      maxShare: config.sweep_max_share,
    },
  };
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** @param duration as the schema of the configuration has it: `30s`, `5m`, `1h` */
function milliseconds(duration: string): number {
  return Number(duration.slice(0, -1)) * (UNIT_MS[duration.slice(-1)] ?? 0);
}
