/**
 * What was started, to be stopped in the opposite order. One that fails to stop does not keep the others from stopping.
 */

import type { Logger } from '../ports/logger.ts';

export class Closers {
  readonly #log: Logger;
  readonly #closers: { name: string; close: () => Promise<void> }[] = [];
  #closing: Promise<void> | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  add(name: string, close: () => Promise<void>): void {
    this.#closers.push({ name, close });
  }

  /** May be called more than once; the second caller waits for the same end. */
  closeAll(): Promise<void> {
    this.#closing ??= this.#closeInOrder();
    return this.#closing;
  }

  async #closeInOrder(): Promise<void> {
    for (const { name, close } of this.#closers.toReversed()) {
      try {
        await close();
      } catch (error) {
        this.#log.warn({ err: error, part: name }, 'a part could not be stopped cleanly');
      }
    }
  }
}
