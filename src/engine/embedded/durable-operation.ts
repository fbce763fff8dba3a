/**
 * What may interrupt a durable operation without being its result. A step's result is remembered for ever, so a step must
 * only end when it really has one: an outage of the database is waited out, and a worker that lost its lease or is
 * stopping never ends the step at all, so that the next worker does it again.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { LeaseLost } from '../../ports/driver.ts';
import type { Logger } from '../../ports/logger.ts';
import { StoreUnavailable } from '../../ports/store.ts';

/** A promise that never settles: the caller's work is left to another worker. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => {});
}

/**
 * Does the deed until it has a result of its own.
 * @param signal when it aborts, the operation is abandoned and never settles
 */
export async function untilItEnds<T>(deed: () => Promise<T>, signal: AbortSignal, log: Logger): Promise<T> {
  for (let pause = 100; ; pause = Math.min(pause * 2, 2_000)) {
    if (signal.aborted) return never();
    try {
      const result = await deed();
      return signal.aborted ? await never() : result;
    } catch (error) {
      if (signal.aborted || error instanceof LeaseLost) return never();
      if (!(error instanceof StoreUnavailable)) throw error;
      log.warn({ err: error, retryInMs: pause }, 'the database does not answer; trying again');
      await delay(pause);
    }
  }
}
