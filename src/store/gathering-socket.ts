/**
 * A socket that sends what is written in one turn of the event loop at the turn's end, in one piece.
 *
 * Every write to PostgreSQL wakes one of its processes, and on a virtual machine the waking is most of what a small
 * statement costs. Statements that several requests make in one turn, or one transaction makes without waiting, then cost
 * one waking.
 */

import { Socket } from 'node:net';

type Done = (error?: Error | null) => void;

export class GatheringSocket extends Socket {
  #isGathering = false;

  override write(chunk: string | Uint8Array, done?: Done): boolean;
  override write(chunk: string | Uint8Array, encoding?: BufferEncoding, done?: Done): boolean;
  override write(...written: unknown[]): boolean {
    if (!this.#isGathering) {
      this.#isGathering = true;
      this.cork();
      setImmediate(() => {
        this.#isGathering = false;
        this.uncork();
      });
    }
    return super.write(...(written as Parameters<Socket['write']>)); // as one of the two forms above
  }
}
