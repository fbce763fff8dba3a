/**
 * The others die: PostgreSQL for four seconds, the cloud for a moment or for longer than calls are repeated.
 */

import { chmod, mkdir } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/store/embedded-postgres.ts';
import { hostFacts } from '../host-facts.ts';
import type { Blow } from './blow.ts';
import type { CrashCase } from './crash-case.ts';
import { SCENARIOS, type Scenario } from './scenario.ts';

/** A PostgreSQL of its own, which keeps what it acknowledged: the one of the test run does not sync its log. */
export class MortalPostgres {
  readonly #dataDir: string;
  #server: EmbeddedPostgres;

  private constructor(dataDir: string, server: EmbeddedPostgres) {
    this.#dataDir = dataDir;
    this.#server = server;
  }

  static async start(dataDir: string): Promise<MortalPostgres> {
    await mkdir(dataDir, { recursive: true });
    await chmod(dataDir, 0o711); // as root, it runs as another user, who must get through
    return new MortalPostgres(dataDir, await startEmbeddedPostgres({ dataDir, host: hostFacts() }));
  }

  get url(): string {
    return this.#server.url;
  }

  async killFor(ms: number): Promise<void> {
    process.kill(this.#server.pid, 'SIGKILL');
    await wait(ms);
    this.#server = await startEmbeddedPostgres({ dataDir: this.#dataDir, host: hostFacts() });
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}

const POSTGRES_AWAY_MS = 4_000;
const CLOUD_AWAY_MS = 1_500;
/** Longer than the three attempts that a call gets. */
const CLOUD_LONG_AWAY_MS = 6_000;

export function postgresOutages(postgres: MortalPostgres): CrashCase[] {
  const { deploy, rollback, delete: remove } = SCENARIOS;
  return [
    ...[0, 60, 150, 300].map((afterMs) => [deploy, afterMs] as const),
    ...[200, 600].map((afterMs) => [rollback, afterMs] as const),
    ...[10, 120].map((afterMs) => [remove, afterMs] as const),
  ].map(([scenario, afterMs]) => ({
    scenario,
    kind: 'PostgreSQL killed for 4 s',
    at: `after ${afterMs} ms`,
    blow: after(afterMs, () => postgres.killFor(POSTGRES_AWAY_MS)),
    cannotMiss: true,
  }));
}

export function cloudOutages(): CrashCase[] {
  const { deploy, delete: remove } = SCENARIOS;
  const cases = (kind: string, awayMs: number, moments: readonly (readonly [Scenario, number])[]): CrashCase[] =>
    moments.map(([scenario, afterMs]) => ({
      scenario,
      kind,
      at: `after ${afterMs} ms`,
      blow: {
        async arm(lane) {
          return { reached: wait(afterMs), strike: () => lane.cloudAway(awayMs) };
        },
      },
      cannotMiss: true,
    }));
  return [
    ...cases(`cloud killed for ${CLOUD_AWAY_MS / 1000} s`, CLOUD_AWAY_MS, [
      [deploy, 30],
      [deploy, 100],
      [deploy, 200],
      [deploy, 300],
      [remove, 20],
      [remove, 150],
    ]),
    ...cases(`cloud killed for ${CLOUD_LONG_AWAY_MS / 1000} s`, CLOUD_LONG_AWAY_MS, [
      [deploysOrFails, 60],
      [deploysOrFails, 150],
      [deploysOrFails, 300],
    ]),
  ];
}

/** Calls are not repeated for ever: then it fails, says so, and a delete finishes what it could not undo. */
const deploysOrFails: Scenario = {
  ...SCENARIOS.deploy,
  name: 'deploy',
  endsAs: 'COMPLETED',
  mayFailAs: ['Unreachable', 'ConnectionLost', 'CloudError'],
};

function after(ms: number, strike: () => Promise<void>): Blow {
  return { arm: async () => ({ reached: wait(ms), strike }) };
}
