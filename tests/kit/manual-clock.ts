/** A clock that a test moves by hand; it fits every port that reads the time and sets alarms. */

interface Alarm {
  readonly at: number;
  readonly ring: () => void;
}

export class ManualClock {
  #now = 0;
  #alarms: Alarm[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, ring: () => void): () => void {
    const alarm = { at: this.#now + ms, ring };
    this.#alarms.push(alarm);
    return () => {
      this.#alarms = this.#alarms.filter((other) => other !== alarm);
    };
  }

  /** Moves on, rings what is due on the way, and lets everything that waited for it run. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (let next = this.#due(until); next; next = this.#due(until)) {
      this.#alarms = this.#alarms.filter((other) => other !== next);
      this.#now = next.at;
      next.ring();
      await settled();
    }
    this.#now = until;
    await settled();
  }

  #due(until: number): Alarm | undefined {
    return this.#alarms.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0];
  }
}

/** One turn of the event loop: every promise that could settle has. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
