/**
 * Why a deployment is where it is. All facts are gathered here; `domain/explain.ts` makes the sentences.
 */

import type { Explanation as ExplanationShape } from '../contract/explain.ts';
import { type Deployment, runIsActive } from '../domain/deployment.ts';
import { type Blocking, explain, type RegionReach, type Workers } from '../domain/explain.ts';
import type { RunRecord } from '../ports/run-store.ts';
import type { AppDependencies } from './dependencies.ts';
import { noDeployment } from './read-deployments.ts';
import type { RegionHealth } from './region-health.ts';

/** An explanation does not wait long for a cloud that may be what is wrong. */
const REGION_PATIENCE_MS = 1_500;

const NOBODY: Workers = { living: 0, holder: undefined, takeOvers: 0 };

/** @throws GroundworkError not_found */
export async function explainDeployment(
  dependencies: AppDependencies,
  health: RegionHealth,
  id: string,
): Promise<ExplanationShape> {
  const { store } = dependencies;
  const deployment = await store.deployments.get(id);
  if (!deployment) throw noDeployment(id);
  const run = await runOf(dependencies, deployment);
  const [nodes, ledger, durations, workers, region] = await Promise.all([
    run ? store.runs.nodes(run.id) : [],
    store.ledger.resources(id),
    store.history.durations(),
    run ? store.workers.attending(run.id) : NOBODY,
    reachOf(health, deployment, run),
  ]);
  const { summary, chain, blocking, stalled, waiting } = explain({
    ...{ deployment, run, nodes, ledger, durations, workers, region },
    now: Date.now(),
  });
  return { summary, chain, blocking: blocking && blockingOf(blocking), stalled, waiting };
}

async function runOf({ store }: AppDependencies, { id, activeRun }: Deployment): Promise<RunRecord | undefined> {
  if (activeRun !== null) return store.runs.get(activeRun);
  const [last] = await store.runs.listByDeployment(id);
  return last?.run;
}

/** The cloud is asked only while something goes on that may wait for it. */
async function reachOf(
  health: RegionHealth,
  { region: name }: Deployment,
  run: RunRecord | undefined,
): Promise<RegionReach> {
  const region = run && runIsActive(run) ? await health.reach(name, REGION_PATIENCE_MS) : undefined;
  return { name, reachable: region?.reachable ?? null, error: region?.error ?? null };
}

function blockingOf(blocking: Blocking): NonNullable<ExplanationShape['blocking']> {
  const { key, kind, action, since, observation, attempt, remedy } = blocking;
  return {
    ...{ key, kind, action, since, waited_ms: Math.round(blocking.waitedMs), usual_p90_ms: blocking.usualP90Ms },
    ...{ observation, cloud_words: blocking.cloudWords, request_id: blocking.requestId },
    ...{ attempt, next_retry_at: blocking.nextRetryAt, remedy },
  };
}
