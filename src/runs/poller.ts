/**
 * Waiting for the cloud. There is one loop per region and kind, never one per resource: one listing serves everything that
 * is being waited for, whatever run it belongs to.
 *
 * The pause adapts: a quarter of a second after something new is waited for or something happened, growing to five
 * seconds while nothing happens, and never so short that listing would take more than a fifth of the cloud's time.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { Driver, Observed, ResourceRef } from '../ports/driver.ts';
import type { Logger } from '../ports/logger.ts';

const SHORTEST_MS = 250;
const LONGEST_MS = 5_000;
const GROWTH = 1.4;
const SHARE_OF_CLOUD = 5;

export interface Poller {
  /**
   * Observes until `check` has an answer.
   * @param check told what is there now; undefined when the object is not there
   * @throws what `check` throws, a permanent failure of listing, or the signal's reason
   */
  until<T>(
    driver: Driver,
    ref: ResourceRef,
    check: (observed: Observed | undefined) => T | undefined,
    signal: AbortSignal,
  ): Promise<T>;
}

interface Waiter {
  readonly ref: ResourceRef;
  /** True when the waiter is served. */
  readonly look: (observed: Observed | undefined) => boolean;
  readonly fail: (error: unknown) => void;
}

export function createPoller(log: Logger): Poller {
  const rounds = new Map<Driver, Round>();
  return {
    until(driver, ref, check, signal) {
      const round = rounds.get(driver) ?? createRound(driver, log);
      rounds.set(driver, round);
      return round.wait(ref, check, signal);
    },
  };
}

type Round = ReturnType<typeof createRound>;

function createRound(driver: Driver, log: Logger) {
  const waiters = new Set<Waiter>();
  let running = false;
  let pause = SHORTEST_MS;
  let wake: AbortController | undefined;

  const lookOnce = async (): Promise<void> => {
    const asked = [...waiters];
    const began = performance.now();
    // A listing belongs to all waiters, so no single one's deadline may abort it; the client has a timeout of its own.
    const context = { signal: new AbortController().signal, beforeEffect: async () => {} };
    const observed = await driver.observe(
      asked.map((waiter) => waiter.ref),
      context,
    );
    const took = performance.now() - began;
    const served = asked.filter((waiter) => waiters.has(waiter) && waiter.look(observed.get(waiter.ref.providerId)));
    for (const waiter of served) waiters.delete(waiter);
    const floor = Math.max(SHORTEST_MS, took * (SHARE_OF_CLOUD - 1));
    pause = Math.min(Math.max(served.length > 0 ? floor : pause * GROWTH, floor), Math.max(LONGEST_MS, floor));
  };

  const loop = async (): Promise<void> => {
    while (waiters.size > 0) {
      try {
        await lookOnce();
      } catch (error) {
        const failure = driver.classify(error);
        pause = Math.min(
          Math.max(pause * 2, failure.retryAfterMs ?? 0),
          Math.max(LONGEST_MS, failure.retryAfterMs ?? 0),
        );
        // A cloud that cannot be asked for a while is no reason to give up on what it builds: each waiter has a deadline.
        log.warn({ err: error, kind: driver.kind, retryInMs: pause }, 'the cloud could not be observed; trying again');
        if (failure.class === 'permanent') for (const waiter of waiters) waiter.fail(error);
      }
      if (waiters.size > 0) await rest();
    }
    running = false;
  };

  const rest = async (): Promise<void> => {
    wake = new AbortController();
    await delay(pause, undefined, { signal: wake.signal }).catch(() => {
      // Woken early because somebody new waits.
    });
  };

  return {
    wait<T>(
      ref: ResourceRef,
      check: (observed: Observed | undefined) => T | undefined,
      signal: AbortSignal,
    ): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        const end = (finish: () => void): void => {
          waiters.delete(waiter);
          signal.removeEventListener('abort', onAbort);
          finish();
        };
        const onAbort = (): void => end(() => reject(signal.reason));
        const waiter: Waiter = {
          ref,
          look(observed) {
            try {
              const answer = check(observed);
              if (answer !== undefined) end(() => resolve(answer));
              return answer !== undefined;
            } catch (error) {
              end(() => reject(error));
              return true;
            }
          },
          fail: (error) => end(() => reject(error)),
        };
        if (signal.aborted) return onAbort();
        signal.addEventListener('abort', onAbort);
        waiters.add(waiter);
        if (pause > SHORTEST_MS) {
          pause = SHORTEST_MS;
          wake?.abort();
        }
        if (!running) {
          running = true;
          void rest().then(loop);
        }
      });
    },
  };
}
