/**
 * A few lanes that work off cases side by side. A lane in which a case failed is thrown away: what it left behind must not
 * be blamed on the next one.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createTestDatabase } from '../database.ts';
import { type CrashCase, type Outcome, runCase } from './crash-case.ts';
import { Lane } from './lane.ts';

interface OpenLane {
  readonly lane: Lane;
  close(): Promise<void>;
}

export class LanePool {
  readonly #size: number;
  readonly #idle: OpenLane[] = [];
  #home: Promise<string> | undefined;
  #opened = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** A lane for a moment. */
  async use<T>(work: (lane: Lane) => Promise<T>): Promise<T> {
    const open = this.#idle.pop() ?? (await this.#open());
    try {
      const result = await work(open.lane);
      this.#idle.push(open);
      return result;
    } catch (error) {
      await open.close();
      throw error;
    }
  }

  /** Runs all cases; each is reported as soon as it is over. One whose instant did not come is tried once more. */
  async run(
    cases: readonly CrashCase[],
    report: (crash: CrashCase, outcome: Outcome, lastWords: string) => void,
  ): Promise<void> {
    const queue = [...cases];
    const work = async (): Promise<void> => {
      for (let crash = queue.shift(); crash; crash = queue.shift()) await this.#runOne(crash, report);
    };
    await Promise.all(Array.from({ length: Math.min(this.#size, cases.length) }, work));
  }

  async close(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((open) => open.close()));
    if (this.#home) await rm(await this.#home, { recursive: true, force: true });
  }

  async #runOne(
    crash: CrashCase,
    report: (crash: CrashCase, outcome: Outcome, lastWords: string) => void,
  ): Promise<void> {
    const open = this.#idle.pop() ?? (await this.#open());
    let outcome = await runCase(open.lane, crash);
    if (outcome.recoveryMs === undefined && isClean(outcome)) outcome = await runCase(open.lane, crash);
    report(crash, outcome, isClean(outcome) ? '' : await open.lane.lastWords());
    if (isClean(outcome)) this.#idle.push(open);
    else await open.close();
  }

  async #open(): Promise<OpenLane> {
    this.#home ??= mkdtemp(join(tmpdir(), 'groundwork-crash-'));
    this.#opened += 1;
    const name = `lane-${this.#opened}`;
    const home = join(await this.#home, name);
    const database = await createTestDatabase();
    const lane = await Lane.open({ home, databaseUrl: database.url });
    return {
      lane,
      async close() {
        await lane.close();
        await database.drop();
      },
    };
  }
}

function isClean({ orphans, duplicates, wrong }: Outcome): boolean {
  return orphans.length + duplicates.length + wrong.length === 0;
}
