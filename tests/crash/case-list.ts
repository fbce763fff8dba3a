/**
 * Which cases there are: from the points of a scenario, the systematic ones; from a seed, the random ones.
 */

import { killAtCall, killAtInstant, killAtWrite, type Landing, landLate, loseAnswer } from './blow.ts';
import type { CrashCase } from './crash-case.ts';
import { type CallPoint, nameOf, type Points } from './points.ts';
import type { Scenario } from './scenario.ts';
import { seededRandom } from './seeded-random.ts';
import { isInTransaction } from './statement-tracker.ts';

export function callCases(scenario: Scenario, { calls }: Points): CrashCase[] {
  const at = (call: CallPoint) => ({ scenario, at: nameOf(call), cold: call.cold });
  const changing = calls.filter((call) => call.changes);
  const notable = firstOfEach(calls);
  return [
    ...calls.map((call) => ({ ...at(call), kind: 'killed before a call', blow: killAtCall(call, 'before') })),
    ...notable.map((call) => ({ ...at(call), kind: 'killed after a call', blow: killAtCall(call, 'after') })),
    ...notable.map((call) => ({ ...at(call), kind: 'answer lost, no kill', blow: loseAnswer(call) })),
    ...changing.flatMap((call) =>
      landings(scenario).map((when) => ({
        ...at(call),
        kind: `killed, call lands late ${when}`,
        blow: landLate(call, when),
      })),
    ),
  ];
}

function landings({ endsAs }: Scenario): Landing[] {
  return ['after its repetition', 'after the end', ...(endsAs === 'COMPLETED' ? ['after the delete' as const] : [])];
}

/** Every call that changes something, and one of each kind that only reads. */
function firstOfEach(calls: readonly CallPoint[]): CallPoint[] {
  return calls.filter((call) => call.changes || call.occurrence === 1);
}

/**
 * Before and after every write that is committed by itself and every commit. Inside a transaction nothing lasts until its
 * commit: there one instant after each kind of write is enough.
 */
export function writeCases(scenario: Scenario, { writes }: Points): CrashCase[] {
  const of = (side: 'before' | 'after', points: Points['writes']): CrashCase[] =>
    points.map((point) => ({
      scenario,
      kind: `killed ${side} a write`,
      at: nameOf(point),
      blow: killAtWrite({ ...point, side }),
    }));
  const lasting = writes.filter(({ label }) => !isInTransaction(label));
  const fleeting = writes.filter(({ label, occurrence }) => isInTransaction(label) && occurrence === 1);
  return [...of('before', lasting), ...of('after', [...lasting, ...fleeting])];
}

/** Cases at random instants of all scenarios in turn; every third round is struck twice. */
export function randomCases(
  scenarios: readonly Scenario[],
  { count, seed }: { count: number; seed: number },
  tookMs: (scenario: Scenario) => number,
): CrashCase[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, index) => index).flatMap((index): CrashCase[] => {
    const scenario = scenarios[index % scenarios.length];
    if (!scenario) return [];
    const first = Math.round(random() * tookMs(scenario));
    const again = Math.round(random() * (START_MS + tookMs(scenario)));
    const isTwice = Math.floor(index / scenarios.length) % 3 === 0;
    return [
      {
        scenario,
        kind: isTwice ? 'killed twice at random' : 'killed at random',
        at: isTwice ? `${first} ms, again at ${again} ms` : `${first} ms`,
        blow: killAtInstant(first, isTwice ? again : undefined),
        cannotMiss: true,
      },
    ];
  });
}

/** About what a start takes. */
const START_MS = 600;
