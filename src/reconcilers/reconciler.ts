/**
 * A loop without input: does its deed for as long as there is something to do, then rests. It outlives every failure of the
 * deed, which is tried again after the rest.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../ports/logger.ts';

export interface Reconciler {
  start(): void;
  /** Resolves when the deed under way has ended. */
  stop(): Promise<void>;
}

export interface ReconcilerOptions {
  readonly name: string;
  readonly everyMs: number;
  /** @returns whether there may be more to do right now */
  readonly deed: (signal: AbortSignal) => Promise<boolean>;
  readonly log: Logger;
}

export function createReconciler({ name, everyMs, deed, log }: ReconcilerOptions): Reconciler {
  const stopping = new AbortController();
  let loop: Promise<void> = Promise.resolve();
  const attempt = async (): Promise<boolean> => {
    try {
      return await deed(stopping.signal);
    } catch (error) {
      log.warn({ err: error, reconciler: name }, 'a reconciler failed; trying again after a rest');
      return false;
    }
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const hasMore = await attempt();
      if (hasMore) continue;
      await delay(everyMs, undefined, { signal: stopping.signal }).catch(() => {
        // Told to stop while resting.
      });
    }
  };
  return {
    start() {
      loop = run();
    },
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}
