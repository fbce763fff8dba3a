/**
 * One case of the crash matrix: order, strike, let it recover, reckon; then clean up and reckon again.
 */

import type { Blow } from './blow.ts';
import type { CloudState } from './cloud-process.ts';
import type { DeploymentState, Lane } from './lane.ts';
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

export function titleOf({ scenario, kind, at }: Pick<CrashCase, 'scenario' | 'kind' | 'at'>): string {
  return `${scenario.name} ${kind}: ${at}`;
}

const NOTHING: Outcome = { orphans: [], duplicates: [], wrong: [], recoveryMs: undefined };

/** Never throws: whatever goes wrong is in the outcome. */
export function runCase(lane: Lane, crash: CrashCase): Promise<Outcome> {
  return outcomeOf(() => attempt(lane, crash));
}

export async function outcomeOf(attempt: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await attempt();
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
  const over = ordered.then((answered) => (answered ? lane.untilSettled(name, endsOf(scenario)) : undefined));
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
  const end = await lane.untilSettled(name, endsOf(scenario));
  const recoveryMs = isReached || cannotMiss ? performance.now() - began : undefined;
  await armed.afterwards?.();
  lane.proxy.mend();

  const state = await lane.cloud.state();
  const findings = await look(lane, state, scenario, end);
  await lane.cloud.clearFaults();
  if (end.status !== 'DELETED') await lane.remove(name);
  await armed.afterDelete?.();
  const left = beyond(lane.untouched, await lane.cloud.state());
  await lane.cloud.openGates();
  const wrong = [
    ...judge(scenario, end, state),
    ...findings.wrong,
    ...left.map((what) => `after the delete the cloud still has ${what}`),
  ];
  return { ...findings, wrong, recoveryMs };
}

function endsOf({ endsAs, mayFailAs }: Scenario): string[] {
  return mayFailAs ? [endsAs, 'FAILED'] : [endsAs];
}

function hasGivenUp({ mayFailAs }: Scenario, end: DeploymentState): boolean {
  return mayFailAs !== undefined && end.status === 'FAILED';
}

function judge(scenario: Scenario, end: DeploymentState, state: CloudState): string[] {
  if (!hasGivenUp(scenario, end)) return scenario.judge(end, state);
  const isHonest = end.error !== null && scenario.mayFailAs?.includes(end.error.type);
  return isHonest ? [] : [`it failed for another reason: ${JSON.stringify(end.error)}`];
}

async function look(lane: Lane, state: CloudState, scenario: Scenario, end: DeploymentState) {
  const keys = hasGivenUp(scenario, end) ? undefined : scenario.keys;
  const findings = await reckon(lane.pool, markedIn(state), { deploymentId: end.id, keys });
  const stray = [...strayPorts(state), ...(keys?.length === 0 ? beyond(lane.untouched, state) : [])];
  return { ...findings, wrong: [...findings.wrong, ...stray] };
}
