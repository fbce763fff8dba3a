/**
 * Time as this provider needs it: a steady reading and an alarm. It is an argument, so that the limiter and the renewal
 * of tokens can be tested without waiting.
 */

export interface Clock {
  /** Milliseconds since some fixed moment; never runs backwards. */
  now(): number;
  /** Calls `alarm` once after that many milliseconds; the answer cancels it. */
  after(ms: number, alarm: () => void): () => void;
}

export const steadyClock: Clock = {
  now: () => performance.now(),
  after: (ms, alarm) => {
    const timer = setTimeout(alarm, ms);
    return () => clearTimeout(timer);
  },
};
