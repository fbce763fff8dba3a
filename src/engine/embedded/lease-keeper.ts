/**
 * The leases of this worker: which runs it executes, and whether it still may. Twice a second one query asks which of them
 * were taken over by another worker and which were ordered to cancel.
 */

import { LeaseLost } from '../../ports/driver.ts';
import type { Logger } from '../../ports/logger.ts';
import type { StepContext } from '../../ports/engine.ts';
import type { Lease, RunStore } from '../../ports/store.ts';

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

  const watch = async (): Promise<void> => {
    const asked = [...entries.values()];
    const { cancelled, lost } = await runs.watch(asked.map((entry) => entry.lease));
    for (const entry of asked) {
      const { runId } = entry.lease;
      if (lost.includes(runId)) {
        log.warn({ runId }, 'another worker took the run over');
        entry.lost.abort(new LeaseLost(runId));
        if (entries.get(runId) === entry) entries.delete(runId);
        await runs.orderSweep(runId);
      } else if (cancelled.includes(runId)) entry.cancel.abort();
    }
  };
  const loop = async (): Promise<void> => {
    try {
      await watch();
    } catch (error) {
      // Nothing is decided on missing news: the fence protects every write meanwhile.
      log.warn({ err: error }, 'the leases could not be watched');
    }
    if (timer !== undefined) timer = setTimeout(() => void loop(), WATCH_MS);
  };

  return {
    start() {
      timer = setTimeout(() => void loop(), WATCH_MS);
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
      for (const { lost, lease } of entries.values()) lost.abort(new LeaseLost(lease.runId));
      entries.clear();
    },
    async take(runId) {
      const claimed = await runs.claim(runId, workerId);
      if (!claimed) return undefined;
      entries.get(runId)?.lost.abort(new LeaseLost(runId));
      const [lost, cancel] = [new AbortController(), new AbortController()];
      const confirm = () => freshPermission(runs, claimed, lost.signal);
      const lease = { ...claimed, signal: lost.signal, cancelRequested: cancel.signal, confirm };
      entries.set(runId, { lease, lost, cancel });
      return lease;
    },
    release(lease) {
      if (entries.get(lease.runId)?.lease === lease) entries.delete(lease.runId);
    },
    get held() {
      return entries.size;
    },
  };
}

/** @throws LeaseLost */
async function freshPermission(runs: Pick<RunStore, 'holds'>, lease: Lease, lost: AbortSignal): Promise<void> {
  for (;;) {
    const askedAt = performance.now();
    if (lost.aborted || !(await runs.holds(lease))) throw new LeaseLost(lease.runId);
    if (performance.now() - askedAt < PERMISSION_HOLDS_MS) return;
  }
}
