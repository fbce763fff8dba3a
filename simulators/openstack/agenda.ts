/** Work that is due later, and that must not keep a closed simulator alive. */

export class Agenda {
  readonly #timers = new Set<NodeJS.Timeout>();
  #closed = false;

  /** Runs `work` after so many milliseconds; a delay of zero or less runs it now. */
  after(milliseconds: number, work: () => void): void {
    if (this.#closed) return;
    if (milliseconds <= 0) {
      work();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, milliseconds);
    this.#timers.add(timer);
  }

  /** Forgets all work; what is persisted is taken up again at the next start. */
  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  close(): void {
    this.#closed = true;
    this.clear();
  }
}
