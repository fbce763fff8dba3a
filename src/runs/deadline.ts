/**
 * A time limit joined with another reason to stop.
 *
 * Not `AbortSignal.any([..., AbortSignal.timeout(ms)])`, which reads the same: Node before 24 lets the garbage collector
 * take the timeout away, and then it never comes (https://github.com/nodejs/node/issues/57736). Here the timer itself
 * holds what it will abort.
 */

export interface Deadline {
  /** Aborts with a TimeoutError when the time is up, or with the other signal's reason. */
  readonly signal: AbortSignal;
  /** Ends the timer; to be called when the limit no longer matters. */
  clear(): void;
}

/** @param ms from now */
export function openDeadline(ms: number, other: AbortSignal): Deadline {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new DOMException('the time is up', 'TimeoutError')), ms);
  return { signal: AbortSignal.any([other, late.signal]), clear: () => clearTimeout(timer) };
}
