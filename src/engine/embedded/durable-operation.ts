/**
 * What may interrupt a durable operation without being its result. A step's result is remembered for ever, so a step must
 * only end when it really has one: an outage of the database is waited out, and a worker that lost its lease or is
 * stopping never ends the step at all, so that the next worker does it again.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { LeaseLost } from '../../ports/driver.ts';
import type { Logger } from '../../ports/logger.ts';

/** SQLSTATE classes and codes after which the same work can succeed: connection, shutdown, resources, serialisation. */
const PASSING_SQLSTATE = /^(08|53|57P0|40001|40P01|25P0)/;
const PASSING_SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const PASSING_WORDS =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Cannot use a pool after/;

/** True when the database cannot be reached or is not itself, as opposed to refusing what we asked. */
export function isDatabaseOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  const fromDatabase = 'severity' in error || 'syscall' in error || PASSING_WORDS.test(error.message);
  return fromDatabase && (PASSING_SQLSTATE.test(code) || PASSING_SYSTEM.has(code) || PASSING_WORDS.test(error.message));
}

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
      if (!isDatabaseOutage(error)) throw error;
      log.warn({ err: error, retryInMs: pause }, 'the database does not answer; trying again');
      await delay(pause);
    }
  }
}
