/**
 * A few benches on which cases are worked off side by side. A bench on which a case failed is thrown away: what it left
 * behind must not be blamed on the next one.
 */

import type { Outcome } from './crash-case.ts';

export interface Bench {
  /** What its workers last said, for a case that failed. */
  lastWords(): Promise<string>;
  close(): Promise<void>;
}

export type Report<Case> = (crash: Case, outcome: Outcome, lastWords: string) => void;

export class BenchPool<B extends Bench> {
  readonly #size: number;
  readonly #open: () => Promise<B>;
  readonly #idle: B[] = [];

  constructor(size: number, open: () => Promise<B>) {
    this.#size = size;
    this.#open = open;
  }

  /** A bench for a moment. */
  async use<T>(work: (bench: B) => Promise<T>): Promise<T> {
    const bench = this.#idle.pop() ?? (await this.#open());
    try {
      const result = await work(bench);
      this.#idle.push(bench);
      return result;
    } catch (error) {
      await bench.close();
      throw error;
    }
  }

  /**
   * Runs all cases; each is reported as soon as it is over. One whose instant did not come is tried once more.
   * @param attempt must not throw
   */
  async run<Case>(
    cases: readonly Case[],
    attempt: (bench: B, crash: Case) => Promise<Outcome>,
    report: Report<Case>,
  ): Promise<void> {
    const queue = [...cases];
    const work = async (): Promise<void> => {
      for (let crash = queue.shift(); crash; crash = queue.shift()) {
        const bench = this.#idle.pop() ?? (await this.#open());
        let outcome = await attempt(bench, crash);
        if (outcome.recoveryMs === undefined && isClean(outcome)) outcome = await attempt(bench, crash);
        report(crash, outcome, isClean(outcome) ? '' : await bench.lastWords());
        if (isClean(outcome)) this.#idle.push(bench);
        else await bench.close();
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.#size, cases.length) }, work));
  }

  async close(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((bench) => bench.close()));
  }
}

function isClean({ orphans, duplicates, wrong }: Outcome): boolean {
  return orphans.length + duplicates.length + wrong.length === 0;
}
