/**
 * The leases of this worker: which runs it executes, and whether it still may. Twice a second one query asks which of them
 * were taken over by another worker and which were ordered to cancel.
 */

import { setMaxListeners } from 'node:events';
import { LeaseLost } from '../../ports/driver.ts';
import type { Logger } from '../../ports/logger.ts';
import type { StepContext } from '../../ports/engine.ts';
import type { Lease, RunStore } from '../../ports/run-store.ts';

const WATCH_MS = 500;
/**
 * A permission that took longer to come is asked for again: this process may have been frozen in between, and others call
 * it dead after five seconds.
 */
const PERMISSION_HOLDS_MS = 2_000;

export interface HeldLease extends Lease, StepContext {}

export interface LeaseKeeper {
  start(): void;
  stop(): void;
  /** Takes the run up; undefined when it has already ended. */
  take(runId: string): Promise<HeldLease | undefined>;
  release(lease: HeldLease): void;
  /** Lets go of a run that must be executed anew: everything that still goes on under this lease ends unheard. */
  drop(lease: HeldLease): void;
  readonly held: number;
}

interface Entry {
  readonly lease: HeldLease;
  readonly lost: AbortController;
  readonly cancel: AbortController;
}

export function createLeaseKeeper(
  runs: Pick<RunStore, 'claim' | 'watch' | 'holds' | 'orderSweep'>,
  workerId: string,
  log: Logger,
): LeaseKeeper {
  const entries = new Map<string, Entry>();
  let timer: NodeJS.Timeout | undefined;

  const end = (entry: Entry): void => {
    const { runId } = entry.lease;
    entry.lost.abort(new LeaseLost(runId));
    if (entries.get(runId) === entry) entries.delete(runId);
  };
  const watch = async (): Promise<void> => {
    const asked = [...entries.values()];
    const { cancelled, lost } = await runs.watch(asked.map((entry) => entry.lease));
    for (const entry of asked.filter(({ lease }) => cancelled.includes(lease.runId))) entry.cancel.abort();
    for (const entry of asked.filter(({ lease }) => lost.includes(lease.runId))) {
      const { runId } = entry.lease;
      log.warn({ runId }, 'another worker took the run over');
      end(entry);
      await runs.orderSweep(runId);
    }
  };
  const loop = async (): Promise<void> => {
    // Nothing is decided on missing news: the fence protects every write meanwhile.
    await watch().catch((error: unknown) => log.warn({ err: error }, 'the leases could not be watched'));
    if (timer !== undefined) timer = setTimeout(() => void loop(), WATCH_MS);
  };

  return {
    start() {
      timer = setTimeout(() => void loop(), WATCH_MS);
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
      for (const entry of entries.values()) end(entry);
    },
    async take(runId) {
      const claimed = await runs.claim(runId, workerId);
      if (!claimed) return undefined;
      entries.get(runId)?.lost.abort(new LeaseLost(runId));
      const entry = openEntry(runs, claimed);
      entries.set(runId, entry);
      return entry.lease;
    },
    drop(lease) {
      const entry = entries.get(lease.runId);
      if (entry?.lease === lease) end(entry);
    },
    release(lease) {
      if (entries.get(lease.runId)?.lease === lease) entries.delete(lease.runId);
    },
    get held() {
      return entries.size;
    },
  };
}

function openEntry(runs: Pick<RunStore, 'holds'>, claimed: Lease): Entry {
  const [lost, cancel] = [new AbortController(), new AbortController()];
  // Every node of the run listens; a hundred of them are no leak, and nobody need be warned of one.
  setMaxListeners(0, lost.signal, cancel.signal);
  const confirm = () => freshPermission(runs, claimed, lost.signal);
  return { lease: { ...claimed, signal: lost.signal, cancelRequested: cancel.signal, confirm }, lost, cancel };
}

/** @throws LeaseLost */
async function freshPermission(runs: Pick<RunStore, 'holds'>, lease: Lease, lost: AbortSignal): Promise<void> {
  for (;;) {
    const askedAt = performance.now();
    if (lost.aborted || !(await runs.holds(lease))) throw new LeaseLost(lease.runId);
    if (performance.now() - askedAt < PERMISSION_HOLDS_MS) return;
  }
}
