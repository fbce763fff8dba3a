/**
 * Looking again: a request of a dead worker can land after its successor looked. Everything that carries the owner's mark
 * and is not in the ledger is removed; what the ledger knows is the one to keep.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { Resource } from '../domain/resource.ts';
import { type CallContext, type Driver, type Found, LeaseLost, type Region } from '../ports/driver.ts';
import type { StepContext } from '../ports/engine.ts';
import { openDeadline } from './deadline.ts';
import type { Execution, RunDependencies } from './execution.ts';

const ATTEMPTS = 4;
const PAUSE_MS = 500;
const GONE_WITHIN_MS = 120_000;

/** On whose behalf is swept. */
export type Sweeping = Pick<Execution, 'run' | 'lease' | 'log'>;
type SweepDependencies = Pick<RunDependencies, 'store' | 'poller'>;

/**
 * Removes strays in all regions that the run may have touched.
 * @returns false when something could not be listed or removed
 * @throws LeaseLost
 */
export async function sweepRegions(
  dependencies: SweepDependencies & Pick<RunDependencies, 'regions'>,
  execution: Sweeping & Pick<Execution, 'regions'>,
  context: Pick<StepContext, 'signal' | 'confirm'>,
): Promise<boolean> {
  let isComplete = true;
  for (const name of execution.regions) {
    const region = dependencies.regions.get(name);
    isComplete = region !== undefined && (await removeStrays(dependencies, execution, context, region)) && isComplete;
  }
  return isComplete;
}

/**
 * Removes strays of one region, dependents first.
 * @returns false when something could not be listed or removed
 * @throws LeaseLost
 */
export async function removeStrays(
  dependencies: SweepDependencies,
  execution: Sweeping,
  context: Pick<StepContext, 'signal' | 'confirm'>,
  region: Region,
): Promise<boolean> {
  const call: CallContext = { signal: context.signal, beforeEffect: () => context.confirm() };
  const drivers = region.kinds.flatMap((kind) => region.driver(kind) ?? []);
  const listed = await Promise.all(drivers.map((driver) => listMarked(execution, driver, call)));
  const known = await dependencies.store.ledger.resources(execution.run.deploymentId);
  let isComplete = !listed.includes(undefined);
  for (const [index, driver] of drivers.entries()) {
    for (const stray of (listed[index] ?? []).filter((found) => !isKnown(known, found))) {
      isComplete = (await removeStray(dependencies, execution, { driver, stray, call })) && isComplete;
    }
  }
  return isComplete;
}

/** Known is what a row names by id; and what a row without id may still turn out to mean, so that a retry can adopt it. */
function isKnown(ledger: readonly Resource[], found: Found): boolean {
  return ledger.some(
    (row) =>
      row.providerId === found.providerId ||
      (row.providerId === null && row.key === found.mark.key && row.generation === found.mark.generation),
  );
}

function listMarked(execution: Sweeping, driver: Driver, call: CallContext): Promise<Found[] | undefined> {
  return insistently(execution, driver, call.signal, () => driver.find(execution.run.deploymentId, call));
}

async function removeStray(
  { store, poller }: SweepDependencies,
  execution: Sweeping,
  { driver, stray, call }: { driver: Driver; stray: Found; call: CallContext },
): Promise<boolean> {
  const ref = { providerId: stray.providerId, mark: stray.mark, wanted: {} };
  execution.log.warn(
    { key: stray.mark.key, kind: stray.kind, providerId: stray.providerId },
    'removing an object that the ledger does not know',
  );
  const gone = await insistently(execution, driver, call.signal, async () => {
    if ((await driver.remove(ref, call)) === 'gone') return true;
    const limit = openDeadline(GONE_WITHIN_MS, call.signal);
    return poller
      .until(driver, ref, { look: (observed) => (observed ? undefined : true) }, limit.signal)
      .finally(limit.clear);
  });
  await store.ledger.recordEvent(execution.lease, {
    type: gone ? 'sweep.removed' : 'sweep.incomplete',
    key: stray.mark.key,
    data: { kind: stray.kind, provider_id: stray.providerId },
  });
  return gone === true;
}

/** @returns undefined when it cannot be done now; a late sweep looks again */
async function insistently<T>(
  execution: Sweeping,
  driver: Driver,
  signal: AbortSignal,
  deed: () => Promise<T>,
): Promise<T | undefined> {
  for (let attempt = 1; attempt <= ATTEMPTS && !signal.aborted; attempt += 1) {
    try {
      return await deed();
    } catch (error) {
      if (error instanceof LeaseLost) throw error;
      const failure = driver.classify(error);
      execution.log.warn({ err: error, kind: driver.kind, attempt }, 'looking for strays failed');
      if (failure.class === 'permanent') return undefined;
      await delay(Math.max(PAUSE_MS * 2 ** (attempt - 1), failure.retryAfterMs ?? 0));
    }
  }
  return undefined;
}
