/**
 * One case of the crash matrix: order, strike, let it recover, reckon; then clean up and reckon again.
 */

import type { Blow } from './blow.ts';
import type { Lane } from './lane.ts';
import { beyond, markedIn, reckon, strayPorts } from './reckoning.ts';
import type { Scenario } from './scenario.ts';

export interface CrashCase {
  /** Row of the matrix, for example `deploy` and `killed before a call`. */
  readonly scenario: Scenario;
  readonly kind: string;
  /** Names the very instant; with it the case can be run alone. */
  readonly at: string;
  readonly blow: Blow;
  /** Needs a worker that has just started. */
  readonly cold?: boolean;
  /** The blow falls in any case, be it after the end. */
  readonly cannotMiss?: boolean;
}

export interface Outcome {
  readonly orphans: readonly string[];
  readonly duplicates: readonly string[];
  readonly wrong: readonly string[];
  /** From the blow to the end; undefined when the instant did not come. */
  readonly recoveryMs: number | undefined;
}

export function titleOf({ scenario, kind, at }: CrashCase): string {
  return `${scenario.name} ${kind}: ${at}`;
}

const NOTHING: Outcome = { orphans: [], duplicates: [], wrong: [], recoveryMs: undefined };

/** Never throws: whatever goes wrong is in the outcome. */
export async function runCase(lane: Lane, crash: CrashCase): Promise<Outcome> {
  try {
    return await attempt(lane, crash);
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { ...NOTHING, wrong: [message], recoveryMs: Number.NaN };
  }
}

async function attempt(lane: Lane, { scenario, blow, cold = false, cannotMiss = false }: CrashCase): Promise<Outcome> {
  if (cold) await lane.restart();
  const name = lane.newName();
  await scenario.prepare(lane, name);
  const waiting = new AbortController();
  const armed = await blow.arm(lane, waiting.signal);
  const ordered = scenario.order(lane, name).then(
    () => true,
    () => false,
  );
  const over = ordered.then((answered) => (answered ? lane.untilSettled(name, [scenario.endsAs]) : undefined));
  over.catch(() => {
    // Waited for once more below, where it counts.
  });
  const isReached = await Promise.race([
    armed.reached.then(() => true),
    over.then((end) => (end ? false : armed.reached.then(() => true))),
  ]);
  waiting.abort();
  const began = performance.now();
  if (isReached || cannotMiss) await armed.strike();
  if (!(await ordered)) await scenario.order(lane, name);
  const end = await lane.untilSettled(name, [scenario.endsAs]);
  const recoveryMs = isReached || cannotMiss ? performance.now() - began : undefined;
  await armed.afterwards?.();
  await lane.cloud.openGates();
  lane.proxy.mend();

  const findings = await look(lane, scenario, end.id);
  const wrong = [...scenario.judge(end), ...findings.wrong, ...(await cleanUp(lane, scenario, name, end.id))];
  return { ...findings, wrong, recoveryMs };
}

async function look(lane: Lane, { keys }: Scenario, deploymentId: string) {
  const state = await lane.cloud.state();
  const findings = await reckon(lane.pool, markedIn(state), { deploymentId, keys });
  const stray = [...strayPorts(state), ...(keys.length === 0 ? beyond(lane.untouched, state) : [])];
  return { ...findings, wrong: [...findings.wrong, ...stray] };
}

/** Deletes what is there, and finds the cloud as it was before everything. */
async function cleanUp(lane: Lane, scenario: Scenario, name: string, id: string): Promise<string[]> {
  await lane.cloud.clearFaults();
  if (scenario.endsAs !== 'DELETED') {
    await lane.worker.call('DELETE', `/deployments/${id}`);
    await lane.untilSettled(name, ['DELETED']);
  }
  const left = beyond(lane.untouched, await lane.cloud.state());
  return left.length === 0 ? [] : [`after a delete the cloud still has: ${left.join('; ')}`];
}
