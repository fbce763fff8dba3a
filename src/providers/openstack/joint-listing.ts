/**
 * One listing for many who look at the same time. Neutron cannot filter a list by owner, so each of a thousand deployments
 * that looks for what it may have made before would list what all of them have.
 *
 * Callers that come while a listing is under way share the next one: what a caller is shown was never listed before it
 * asked, which is what looking before a create depends on. A listing belongs to no single caller, so none can end it.
 */

import type { CallContext } from '../../ports/driver.ts';
import { orAborted } from './single-flight.ts';

interface Turn<T> {
  readonly result: Promise<T>;
  hasBegun: boolean;
}

export class JointListing<T> {
  readonly #list: (ctx: CallContext) => Promise<T>;
  #latest: Turn<T> | undefined;

  constructor(list: (ctx: CallContext) => Promise<T>) {
    this.#list = list;
  }

  /**
   * @returns what a listing shows that began after this call
   * @throws what the listing throws; the signal's reason when this caller gives up first
   */
  next(signal: AbortSignal): Promise<T> {
    const latest = this.#latest;
    const turn = latest && !latest.hasBegun ? latest : this.#follow(latest);
    return orAborted(turn.result, signal);
  }

  #follow(before: Turn<T> | undefined): Turn<T> {
    const begin = (): Promise<T> => {
      turn.hasBegun = true;
      return this.#list(forAll());
    };
    // Who waits for the earlier listing hears of its failure; the next one begins in any case.
    const turn: Turn<T> = { hasBegun: false, result: (before?.result ?? Promise.resolve()).then(begin, begin) };
    // All who wait for it may have given up.
    turn.result.catch(() => {});
    this.#latest = turn;
    return turn;
  }
}

/** The client's own timeouts end it. */
function forAll(): CallContext {
  return { signal: new AbortController().signal, beforeEffect: async () => {} };
}
