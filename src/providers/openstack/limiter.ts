/**
 * Limiter: the one gate that every call to a region passes. A slot bounds how many calls are open at once, a token
 * bucket bounds how many start per second, and a service that answered `Retry-After` is left alone until then.
 *
 * It is first come, first served, so that the order in which a plan starts its nodes is the order in which the cloud
 * sees them. A question for whose answer a person waits goes before the building. The only others that may be overtaken are calls to a paused service: nobody else need wait for those.
 */

import type { Clock } from './clock.ts';

export interface LimiterOptions {
  /** Calls open at the same time. */
  readonly concurrency: number;
  /** Calls started per second, on average. */
  readonly ratePerSecond: number;
  /** Calls that may start at once after a quiet time. */
  readonly burst: number;
}

interface Waiter {
  readonly service: string;
  readonly admit: () => void;
  readonly isAwaited: boolean;
}

export class Limiter {
  readonly #options: LimiterOptions;
  readonly #clock: Clock;
  readonly #pausedUntil = new Map<string, number>();
  #queue: Waiter[] = [];
  #open = 0;
  #tokens: number;
  #filledAt: number;
  #cancelAlarm: (() => void) | undefined;

  constructor(options: LimiterOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#tokens = options.burst;
    this.#filledAt = clock.now();
  }

  /**
   * Waits for this caller's turn.
   * @param isAwaited goes before those who are not
   * @returns the deed that gives the slot back; calling it twice does no harm.
   * @throws the signal's reason when it aborts first.
   */
  acquire(service: string, signal: AbortSignal, isAwaited = false): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const abandon = (): void => {
        this.#queue = this.#queue.filter((other) => other !== waiter);
        reject(signal.reason);
      };
      const admit = (): void => {
        signal.removeEventListener('abort', abandon);
        resolve(this.#releaseOnce());
      };
      const waiter: Waiter = { service, admit, isAwaited };
      signal.addEventListener('abort', abandon, { once: true });
      this.#enqueue(waiter);
      this.#admitWaiting();
    });
  }

  /** Lets no call to this service start for that many milliseconds; a longer pause that is already set stays. */
  pause(service: string, ms: number): void {
    const until = this.#clock.now() + ms;
    this.#pausedUntil.set(service, Math.max(until, this.#pausedUntil.get(service) ?? 0));
  }

  #enqueue(waiter: Waiter): void {
    if (!waiter.isAwaited) return void this.#queue.push(waiter);
    const place = this.#queue.findIndex((other) => !other.isAwaited);
    this.#queue.splice(place < 0 ? this.#queue.length : place, 0, waiter);
  }

  #releaseOnce(): () => void {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#open -= 1;
      this.#admitWaiting();
    };
  }

  #admitWaiting(): void {
    this.#cancelAlarm?.();
    this.#cancelAlarm = undefined;
    this.#refill();
    while (this.#open < this.#options.concurrency && this.#queue.length > 0) {
      if (this.#tokens < 1) return this.#wakeIn(((1 - this.#tokens) * 1000) / this.#options.ratePerSecond);
      const index = this.#queue.findIndex((waiter) => this.#pauseLeft(waiter.service) <= 0);
      if (index < 0) return this.#wakeIn(Math.min(...this.#queue.map((waiter) => this.#pauseLeft(waiter.service))));
      const [next] = this.#queue.splice(index, 1);
      this.#tokens -= 1;
      this.#open += 1;
      next?.admit();
    }
  }

  #refill(): void {
    const now = this.#clock.now();
    const earned = ((now - this.#filledAt) * this.#options.ratePerSecond) / 1000;
    this.#tokens = Math.min(this.#options.burst, this.#tokens + earned);
    this.#filledAt = now;
  }

  #pauseLeft(service: string): number {
    return (this.#pausedUntil.get(service) ?? 0) - this.#clock.now();
  }

  /** Rounded up: an alarm that rings a fraction early would find nothing to do and set itself again. */
  #wakeIn(ms: number): void {
    this.#cancelAlarm = this.#clock.after(Math.ceil(ms), () => this.#admitWaiting());
  }
}
