/**
 * A value that many ask for and one fetches. The fetch does not belong to any one caller: when the first of them gives
 * up, the others still get their answer.
 */

export class SingleFlight<T> {
  #flight: Promise<T> | undefined;

  /**
   * Joins the fetch under way, or starts one.
   * @throws what the fetch throws; the signal's reason when this caller gives up first.
   */
  run(fetch: () => Promise<T>, signal: AbortSignal): Promise<T> {
    this.#flight ??= fetch().finally(() => {
      this.#flight = undefined;
    });
    return orAborted(this.#flight, signal);
  }
}

/** The promise's outcome, or the signal's reason if that comes first. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => {}); // nobody waits for it any more
    return Promise.reject(signal.reason);
  }
  return new Promise((resolve, reject) => {
    const abandon = (): void => reject(signal.reason);
    signal.addEventListener('abort', abandon, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abandon));
  });
}
