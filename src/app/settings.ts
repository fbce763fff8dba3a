/**
 * Settings of a deployment that need no run: how long it lives, what it may cost, what is done about drift. They may be set
 * while a run goes on, and they are set after a change of the same request was accepted, so that a refusal changes nothing.
 */

import type { UpdateDeploymentBody } from '../contract/change.ts';
import type { Deployment } from '../domain/deployment.ts';
import type { AppDependencies } from './dependencies.ts';
import { noDeployment } from './read-deployments.ts';
import { assertTimeToLive, setTimeToLive, type TimeToLive } from './time-to-live.ts';

type SettingName = 'ttl' | 'expires_at' | 'budget' | 'drift_policy';
export type Settings = Pick<UpdateDeploymentBody, SettingName>;
export type Change = Omit<UpdateDeploymentBody, SettingName>;

/** What of a request is a setting, and what needs a run. */
export function settingsOf(body: UpdateDeploymentBody): { settings: Settings; change: Change } {
  const { ttl, expires_at, budget, drift_policy, ...change } = body;
  const settings = Object.fromEntries(
    Object.entries({ ttl, expires_at, budget, drift_policy }).filter(([, value]) => value !== undefined),
  );
  return { settings, change };
}

/** @throws GroundworkError not_found, invalid_ttl */
export async function assertSettings(
  dependencies: AppDependencies,
  id: string,
  settings: Settings,
): Promise<Deployment> {
  const deployment = await dependencies.store.deployments.get(id);
  if (!deployment || deployment.status === 'DELETED') throw noDeployment(id);
  const life = lifeIn(settings);
  if (life) assertTimeToLive(dependencies, deployment, life);
  return deployment;
}

/** @throws GroundworkError not_possible_now when it has expired or is being deleted */
export async function applySettings(
  dependencies: AppDependencies,
  deployment: Deployment,
  settings: Settings,
): Promise<void> {
  const life = lifeIn(settings);
  if (life) await setTimeToLive(dependencies, deployment, life);
  const { drift_policy: driftPolicy, budget } = settings;
  if (driftPolicy === undefined && budget === undefined) return;
  await dependencies.store.deployments.changeSettings(deployment.id, {
    ...(driftPolicy === undefined ? {} : { driftPolicy }),
    ...(budget === undefined ? {} : { budget }),
  });
}

function lifeIn({ ttl, expires_at }: Settings): TimeToLive | undefined {
  if (ttl === undefined && expires_at === undefined) return undefined;
  return { ...(ttl === undefined ? {} : { ttl }), ...(expires_at === undefined ? {} : { expires_at }) };
}
