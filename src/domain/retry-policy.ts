/**
 * When a failed call is tried again (decision D10): three attempts, 1 s, doubled, at most 10 s, with jitter; a cloud that
 * names its own time in `Retry-After` is obeyed.
 */

import type { Failure } from './failure.ts';

export const MAX_ATTEMPTS = 3;
const FIRST_MS = 1_000;
const CAP_MS = 10_000;
/** Waiting for another object to let go: more patient, because the cloud promises nothing about when. */
export const IN_USE_PATIENCE_MS = 120_000;
const IN_USE_FIRST_MS = 250;
const IN_USE_CAP_MS = 5_000;

/**
 * @param attempt the attempt that just failed, from 1
 * @param random in [0, 1)
 * @returns milliseconds until the next attempt, or undefined when there is none
 */
export function retryDelayMs(attempt: number, failure: Failure, random: number): number | undefined {
  if (failure.class !== 'transient' && failure.class !== 'unknown-outcome') return undefined;
  if (attempt >= MAX_ATTEMPTS) return undefined;
  const backoff = Math.min(FIRST_MS * 2 ** (attempt - 1), CAP_MS) * (0.75 + random / 2);
  return Math.max(backoff, failure.retryAfterMs ?? 0);
}

/** @returns milliseconds until removal is tried again after the nth refusal (from 1) as in use. */
export function inUseDelayMs(refusals: number): number {
  return Math.min(IN_USE_FIRST_MS * 2 ** (refusals - 1), IN_USE_CAP_MS);
}
