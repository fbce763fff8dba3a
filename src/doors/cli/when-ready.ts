/**
 * Patience at the beginning: a server that has just been started answers `not_ready` until its database does, and who
 * only wants to watch can wait for that.
 */

import { ApiProblem } from '../../contract/client-errors.ts';

const FIRST_DELAY_MS = 250;
const MOST_DELAY_MS = 2_000;
const PATIENCE_MS = 60_000;

/** Calls until the server is ready. @throws what `call` throws, `not_ready` only after a minute of it */
export async function whenReady<T>(call: () => Promise<T>): Promise<T> {
  let waitedMs = 0;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(MOST_DELAY_MS, delayMs * 2)) {
    try {
      return await call();
    } catch (error) {
      if (!isNotReady(error) || waitedMs >= PATIENCE_MS) throw error;
    }
    await delay(delayMs);
    waitedMs += delayMs;
  }
}

function isNotReady(error: unknown): boolean {
  return error instanceof ApiProblem && error.problem.code === 'not_ready';
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
