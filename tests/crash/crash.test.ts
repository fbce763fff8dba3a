/**
 * The crash matrix: kill the server at every call, at every write and at random, let it recover, and count what is left
 * over. Prints the matrix; `CRASH_ONLY` runs the cases whose title contains it, `CRASH_SEED` repeats the random ones.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { callCases, randomCases, writeCases } from './case-list.ts';
import { killAll } from './child-process.ts';
import { type CrashCase, titleOf } from './crash-case.ts';
import { LanePool } from './lane-pool.ts';
import { howToRepeat, Matrix } from './matrix.ts';
import { findPoints, type Points } from './points.ts';
import { SCENARIOS, type Scenario } from './scenario.ts';

const LANES = Number(process.env['CRASH_LANES'] ?? 4);
const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);
const RANDOM_CASES = Number(process.env['CRASH_RANDOM'] ?? 120);
const ONLY = process.env['CRASH_ONLY'] ?? '';

const pool = new LanePool(LANES);
const matrix = new Matrix();
const points = new Map<Scenario, Points>();

beforeAll(async () => {
  await Promise.all(
    Object.values(SCENARIOS).map(async (scenario) => {
      points.set(scenario, await pool.use((lane) => findPoints(lane, scenario)));
    }),
  );
});
afterAll(async () => {
  process.stdout.write(`\n${matrix.toString()}\n(seed ${SEED}, ${LANES} lanes)\n`);
  await pool.close();
  await killAll();
});

async function runAll(cases: readonly CrashCase[]): Promise<void> {
  const failures: string[] = [];
  await pool.run(
    cases.filter((crash) => titleOf(crash).includes(ONLY)),
    (crash, outcome, lastWords) => {
      const fault = matrix.add(crash, outcome);
      if (fault === undefined) return;
      process.stderr.write(`\nFAILED ${titleOf(crash)}\n  ${fault}\n  last words of the worker:\n${lastWords}\n`);
      failures.push(`${titleOf(crash)}\n  ${fault}\n  repeat: ${howToRepeat(crash)}`);
    },
  );
  expect(failures).toEqual([]);
}

const pointsOf = (scenario: Scenario): Points => {
  const found = points.get(scenario);
  if (!found) throw new Error(`${scenario.name} was not passed through`);
  return found;
};

describe.each(Object.values(SCENARIOS))('$name', (scenario) => {
  it('survives a kill around every call to the cloud, lost answers and late ones', async () => {
    await runAll(callCases(scenario, pointsOf(scenario)));
  });

  it('survives a kill around every write to the database', async () => {
    await runAll(writeCases(scenario, pointsOf(scenario)));
  });
});

it(`survives kills at random instants (seed ${SEED})`, async () => {
  await runAll(randomCases(RANDOM_CASES, SEED, (scenario) => pointsOf(scenario).tookMs));
});
