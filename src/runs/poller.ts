/**
 * Waiting for the cloud. There is one loop per region and kind, never one per resource: one listing serves everything that
 * is being waited for, whatever run it belongs to.
 *
 * The pause adapts: a quarter of a second after something new is waited for or something happened, growing to five
 * seconds while nothing happens, and never so short that listing would take more than a fifth of the cloud's time. In a
 * flood a listing mostly waits for its turn among our own calls, which is no sign of a slow cloud: the pause has an end.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { Failure } from '../domain/failure.ts';
import type { CallContext, Driver, Observed, ResourceRef } from '../ports/driver.ts';
import type { Logger } from '../ports/logger.ts';

const SHORTEST_MS = 250;
const LONGEST_MS = 5_000;
/** However long listing takes. */
const MOST_MS = 10_000;
const GROWTH = 1.4;
/** Listing takes at most one part in so many of the time. */
const SHARE_OF_CLOUD = 5;

export interface Watch<T> {
  /** Told what is there now (undefined: the object is not there); an answer ends the waiting. */
  readonly look: (observed: Observed | undefined) => T | undefined;
  /** Told why nothing can be seen, at each try. */
  readonly troubled?: (failure: Failure) => void;
}

export interface Poller {
  /**
   * Observes until `look` has an answer.
   * @throws what `look` throws, a permanent failure of listing, or the signal's reason
   */
  until<T>(driver: Driver, ref: ResourceRef, watch: Watch<T>, signal: AbortSignal): Promise<T>;
}

export function createPoller(log: Logger): Poller {
  const rounds = new Map<Driver, Round>();
  return {
    until(driver, ref, watch, signal) {
      const round = rounds.get(driver) ?? new Round(driver, log);
      rounds.set(driver, round);
      return round.wait(ref, watch, signal);
    },
  };
}

interface Waiter {
  readonly ref: ResourceRef;
  /** True when the waiter is served. */
  readonly look: (observed: Observed | undefined) => boolean;
  readonly troubled: (failure: Failure) => void;
  readonly fail: (error: unknown) => void;
}

/** The loop for one kind in one region; it runs while somebody waits. */
class Round {
  readonly #driver: Driver;
  readonly #log: Logger;
  readonly #waiters = new Set<Waiter>();
  #running = false;
  #pauseMs = SHORTEST_MS;
  #wake = new AbortController();

  constructor(driver: Driver, log: Logger) {
    this.#driver = driver;
    this.#log = log;
  }

  wait<T>(ref: ResourceRef, watch: Watch<T>, signal: AbortSignal): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const end = (finish: () => void): true => {
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', onAbort);
        finish();
        return true;
      };
      const onAbort = (): void => void end(() => reject(signal.reason));
      const waiter: Waiter = {
        ref,
        look(observed) {
          try {
            const answer = watch.look(observed);
            return answer !== undefined && end(() => resolve(answer));
          } catch (error) {
            return end(() => reject(error));
          }
        },
        troubled: (failure) => watch.troubled?.(failure),
        fail: (error) => void end(() => reject(error)),
      };
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort);
      this.#admit(waiter);
    });
  }

  #admit(waiter: Waiter): void {
    this.#waiters.add(waiter);
    if (this.#pauseMs > SHORTEST_MS) {
      this.#pauseMs = SHORTEST_MS;
      this.#wake.abort();
    }
    if (this.#running) return;
    this.#running = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    await this.#rest();
    while (this.#waiters.size > 0) {
      await this.#lookAndAdapt();
      if (this.#waiters.size > 0) await this.#rest();
    }
    this.#running = false;
  }

  async #rest(): Promise<void> {
    this.#wake = new AbortController();
    await delay(this.#pauseMs, undefined, { signal: this.#wake.signal }).catch(() => {
      // Woken early because somebody new waits.
    });
  }

  async #lookAndAdapt(): Promise<void> {
    const began = performance.now();
    try {
      const served = await this.#look();
      const share = Math.min((performance.now() - began) * (SHARE_OF_CLOUD - 1), MOST_MS);
      const floor = Math.max(SHORTEST_MS, share);
      const wished = served ? floor : Math.max(this.#pauseMs * GROWTH, floor);
      this.#pauseMs = Math.min(wished, Math.max(LONGEST_MS, floor));
    } catch (error) {
      this.#endure(error);
    }
  }

  async #look(): Promise<boolean> {
    const asked = [...this.#waiters];
    const observed = await this.#driver.observe(
      asked.map((waiter) => waiter.ref),
      forAll(),
    );
    return (
      asked.filter((waiter) => this.#waiters.has(waiter) && waiter.look(observed.get(waiter.ref.providerId))).length > 0
    );
  }

  /** A cloud that cannot be asked for a while is no reason to give up on what it builds: each waiter has a deadline. */
  #endure(error: unknown): void {
    const failure = this.#driver.classify(error);
    this.#pauseMs = Math.max(Math.min(this.#pauseMs * 2, LONGEST_MS), failure.retryAfterMs ?? 0);
    const fields = { err: error, kind: this.#driver.kind, retryInMs: this.#pauseMs };
    this.#log.warn(fields, 'the cloud could not be observed; trying again');
    for (const waiter of this.#waiters) {
      if (failure.class === 'permanent') waiter.fail(error);
      else waiter.troubled(failure);
    }
  }
}

/** A listing belongs to all waiters, so no single one's deadline may abort it; the client has a timeout of its own. */
function forAll(): CallContext {
  return { signal: new AbortController().signal, beforeEffect: async () => {} };
}
