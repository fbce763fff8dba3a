/**
 * The crash matrix: kill the server at every call, at every write and at random, freeze it, take PostgreSQL and the cloud
 * away, let it recover, and count what is left over. Prints the matrix.
 *
 * `CRASH_ONLY` runs the cases whose title contains it, `CRASH_SEED` repeats the random ones, `CRASH_TELL` tells of every
 * case as it ends, `CRASH_LANES` says how many run side by side.
 */

import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase } from '../database.ts';
import { type Bench, BenchPool } from './bench-pool.ts';
import { callCases, randomCases, writeCases } from './case-list.ts';
import { killAll } from './child-process.ts';
import { type CrashCase, type Outcome, runCase, titleOf } from './crash-case.ts';
import { Lane } from './lane.ts';
import { howToRepeat, Matrix } from './matrix.ts';
import { cloudOutages, MortalPostgres, postgresOutages } from './outage.ts';
import { findPoints, type Points } from './points.ts';
import { CHANGES, EXPIRY, SCENARIOS, type Scenario } from './scenario.ts';
import { takeOverCases } from './take-over-cases.ts';
import { Pair } from './take-over.ts';

const LANES = Number(process.env['CRASH_LANES'] ?? 4);
const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);
const RANDOM_CASES = Number(process.env['CRASH_RANDOM'] ?? 160);
const ONLY = process.env['CRASH_ONLY'] ?? '';
const TELL = process.env['CRASH_TELL'] !== undefined;
/** Instants that did not come twice in a row: siblings change places, and a poll more or less is made. */
const MISSED_AT_MOST = 0.03;

/** `CRASH_SCENARIO` runs one alone. */
const isAsked = ({ name }: Scenario): boolean => name === (process.env['CRASH_SCENARIO'] ?? name);
const ALL: readonly Scenario[] = [...Object.values(SCENARIOS), ...Object.values(CHANGES)].filter(isAsked);
const RANDOM_TOO: readonly Scenario[] = [...ALL, ...Object.values(EXPIRY).filter(isAsked)];

const matrix = new Matrix();
const points = new Map<Scenario, Points>();
const pool = new BenchPool(LANES, () => openLane());
let home: string;
let opened = 0;

function newHome(): string {
  opened += 1;
  return join(home, `lane-${opened}`);
}

async function openLane(options: { cloudKeeps?: boolean } = {}): Promise<Lane> {
  const { url: databaseUrl, drop } = await createTestDatabase();
  return Lane.open({ home: newHome(), databaseUrl, dispose: drop, ...options });
}

/** With a PostgreSQL of its own: two servers and their frozen transactions need many connections. */
async function openPair(): Promise<Pair> {
  const place = newHome();
  const postgres = await MortalPostgres.start(place);
  return Pair.open(await Lane.open({ home: place, databaseUrl: postgres.url, dispose: () => postgres.stop() }));
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'groundwork-crash-'));
  await chmod(home, 0o711);
  const waiting = [...RANDOM_TOO];
  const findSome = async (): Promise<void> => {
    for (let scenario = waiting.shift(); scenario; scenario = waiting.shift()) {
      const found = scenario;
      points.set(found, await pool.use((lane) => findPoints(lane, found)));
    }
  };
  // As many at a time as there are lanes: each has servers with connections of their own.
  await Promise.all(Array.from({ length: LANES }, findSome));
});
afterAll(async () => {
  process.stdout.write(`\n${matrix.toString()}\n(seed ${SEED}, ${LANES} lanes)\n`);
  await pool.close();
  await killAll();
  await rm(home, { recursive: true, force: true });
});

const pointsOf = (scenario: Scenario): Points => {
  const found = points.get(scenario);
  if (!found) throw new Error(`${scenario.name} was not passed through`);
  return found;
};

type Title = Pick<CrashCase, 'scenario' | 'kind' | 'at'>;

/** Works off all cases and expects every one of them to end as it should. */
async function expectRecovery<B extends Bench, Case extends Title>(
  benches: BenchPool<B>,
  cases: readonly Case[],
  attempt: (bench: B, crash: Case) => Promise<Outcome>,
): Promise<void> {
  const failures: string[] = [];
  await benches.run(
    cases.filter((crash) => titleOf(crash).includes(ONLY)),
    attempt,
    (crash, outcome, lastWords) => {
      const [title, fault] = [titleOf(crash), matrix.add(crash, outcome)];
      if (TELL) process.stderr.write(`${String(Math.round(outcome.recoveryMs ?? -1)).padStart(6)} ms  ${title}\n`);
      if (fault === undefined) return;
      process.stderr.write(`\nFAILED ${title}\n  ${fault}\n  last words of the worker:\n${lastWords}\n`);
      failures.push(`${title}\n  ${fault}\n  repeat: ${howToRepeat(crash)}`);
    },
  );
  expect(failures).toEqual([]);
}

describe.each(ALL)('a $name', (scenario) => {
  it('survives a kill around every call to the cloud, lost answers and late ones', async () => {
    await expectRecovery(pool, callCases(scenario, pointsOf(scenario)), runCase);
  });

  it('survives a kill around every write to the database', async () => {
    await expectRecovery(pool, writeCases(scenario, pointsOf(scenario)), runCase);
  });
});

it(`survives kills at random instants (seed ${SEED})`, async () => {
  const cases = randomCases(RANDOM_TOO, { count: RANDOM_CASES, seed: SEED }, (scenario) => pointsOf(scenario).tookMs);
  await expectRecovery(pool, cases, runCase);
});

it('goes on with another worker when one is killed or frozen, and the thawed one does no harm', async () => {
  const pairs = new BenchPool(LANES, openPair);
  try {
    await expectRecovery(pairs, takeOverCases(pointsOf), (pair, crash) => pair.run(crash));
  } finally {
    await pairs.close();
  }
});

it('waits for a PostgreSQL that is killed for four seconds', async () => {
  const postgres = await MortalPostgres.start(join(home, 'mortal'));
  const lanes = new BenchPool(1, () => Lane.open({ home: newHome(), databaseUrl: postgres.url }));
  try {
    await expectRecovery(lanes, postgresOutages(postgres), runCase);
  } finally {
    await lanes.close();
    await postgres.stop();
  }
});

it('waits for a cloud that is killed for a moment, and gives up in order when it stays away', async () => {
  const lanes = new BenchPool(LANES, () => openLane({ cloudKeeps: true }));
  try {
    await expectRecovery(lanes, cloudOutages(), runCase);
  } finally {
    await lanes.close();
  }
});

it('strikes nearly always where it aims, and ran something', () => {
  const { missed, cases } = matrix.missed;
  expect(cases).toBeGreaterThan(0);
  expect(missed).toBeLessThanOrEqual(Math.ceil(cases * MISSED_AT_MOST));
});
