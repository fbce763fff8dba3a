/**
 * Drift: what the last look found, looking now, accepting, healing.
 */

import type { RunAccepted } from '../contract/deployment.ts';
import type { AcceptDriftBody, DriftFinding, DriftReport, NothingToHeal, OrphanReport } from '../contract/drift.ts';
import { STATUS_DURING } from '../domain/conclude-run.ts';
import { type Deployment, deploymentCan, runIsActive } from '../domain/deployment.ts';
import { isAccepted, type RecordedFinding } from '../domain/drift.ts';
import { GroundworkError } from '../domain/errors.ts';
import { healingResumed, tooMuchMissing } from '../domain/healing.ts';
import { planHeal } from '../domain/plan-heal.ts';
import type { RunRecord } from '../ports/run-store.ts';
import type { Caller } from './app.ts';
import { reserve } from './assert-feasible.ts';
import type { AppDependencies } from './dependencies.ts';
import { assertAtRest, lookAgain, startRun, toPlan, whatIsKnown } from './further-run.ts';
import { noDeployment } from './read-deployments.ts';

export interface DriftUseCases {
  /** @throws region_unreachable and, when it is to look now, whatever keeps a run from starting */
  getDrift(id: string, options: { readonly refresh: boolean }): Promise<DriftReport>;
  acceptDrift(caller: Caller, id: string, body: AcceptDriftBody): Promise<DriftReport>;
  healDeployment(
    caller: Caller,
    id: string,
    options: { readonly force: boolean },
  ): Promise<RunAccepted | NothingToHeal>;
  listOrphans(region: string): Promise<OrphanReport>;
}

export function createDriftUseCases(dependencies: AppDependencies): DriftUseCases {
  return {
    getDrift: (id, options) => getDrift(dependencies, id, options),
    acceptDrift: (_caller, id, body) => acceptDrift(dependencies, id, body),
    healDeployment: (_caller, id, options) => healOnDemand(dependencies, id, options),
    listOrphans: (region) => listOrphans(dependencies, region),
  };
}

async function getDrift(dependencies: AppDependencies, id: string, { refresh }: { readonly refresh: boolean }) {
  if (refresh) {
    await lookAgain(dependencies, id, async (deployment, run) => {
      assertAtRest(deployment, run, 'be compared with the cloud');
      await lookNow(dependencies, deployment);
      return true;
    });
  }
  return report(dependencies, id);
}

async function lookNow(dependencies: AppDependencies, deployment: Deployment): Promise<void> {
  const { cloud } = toPlan(dependencies, deployment);
  await dependencies.drift.look(cloud, deployment.id);
}

async function report({ store }: AppDependencies, id: string): Promise<DriftReport> {
  const deployment = await store.deployments.get(id);
  if (!deployment) throw noDeployment(id);
  const { findings, checkedAt } = await store.drift.list(id);
  return {
    deployment_id: id,
    policy: deployment.driftPolicy,
    drifted: findings.some((finding) => !isAccepted(finding)),
    checked_at: checkedAt,
    findings: findings.map(shown),
  };
}

function shown(finding: RecordedFinding): DriftFinding {
  const { key, kind, type, providerId, differences } = finding;
  return {
    ...{ key, kind, type },
    provider_id: providerId === '' ? null : providerId,
    differences: differences.map((difference) => ({ ...difference })),
    accepted: isAccepted(finding),
    first_seen: finding.firstSeen,
    last_seen: finding.lastSeen,
  };
}

async function acceptDrift(dependencies: AppDependencies, id: string, { keys }: AcceptDriftBody): Promise<DriftReport> {
  const { store } = dependencies;
  const deployment = await store.deployments.get(id);
  if (!deployment || !deploymentCan.delete(deployment)) throw noDeployment(id);
  const { findings } = await store.drift.list(id);
  if (keys) assertAcceptable(keys, findings);
  await store.drift.accept(id, keys);
  return report(dependencies, id);
}

function assertAcceptable(keys: readonly string[], findings: readonly RecordedFinding[]): void {
  const faults = keys.flatMap((key, index) => {
    const found = findings.filter((finding) => finding.key === key);
    if (found.some(({ type }) => type !== 'extra')) return [];
    const pointer = `/keys/${index}`;
    const [detail, remedy] =
      found.length === 0
        ? ['nothing of this key differs', 'GET /deployments/{id}/drift lists what does.']
        : ['an extra object cannot be accepted', 'Take the mark off the object to keep it.'];
    return [{ pointer, detail, remedy, value: key }];
  });
  if (faults.length > 0) throw new GroundworkError('invalid_request', 'not all of this can be accepted', { faults });
}

async function healOnDemand(
  dependencies: AppDependencies,
  id: string,
  { force }: { readonly force: boolean },
): Promise<RunAccepted | NothingToHeal> {
  const answer = await lookAgain(dependencies, id, async (deployment, run) => {
    assertAtRest(deployment, run, 'be healed');
    await lookNow(dependencies, deployment);
    if (!force) await assertSeen(dependencies, deployment.region);
    return startHeal(dependencies, deployment, run);
  });
  if (answer === 'nothing') return { id, operation: 'none' };
  dependencies.drift.healed({ region: answer.region, by: 'order' });
  const message = `run ${answer.runId} was ordered`;
  await dependencies.store.deployments.setCondition(id, healingResumed('Resumed', message));
  return { id, run_id: answer.runId, status: STATUS_DURING.heal };
}

async function assertSeen({ store, drift }: AppDependencies, region: string): Promise<void> {
  const maxMissingShare = drift.maxMissingShare(region);
  const blind = tooMuchMissing(await store.drift.sight(region), { maxMissingShare });
  if (blind === undefined) return;
  const remedy = 'Check the credentials of the region and the cloud; if the objects are really gone, use force=true.';
  throw new GroundworkError('healing_stopped', blind, { remedy });
}

/**
 * Heals because the deployment's policy says so, after a look that was just made. Does nothing when there is nothing to do,
 * or the deployment is not at rest any more.
 */
export async function healByPolicy(dependencies: AppDependencies, id: string): Promise<void> {
  const deployment = await dependencies.store.deployments.get(id);
  if (!deployment || deployment.status !== 'COMPLETED' || deployment.activeRun !== null) return;
  const started = await startHeal(dependencies, deployment, undefined);
  if (started === undefined || started === 'nothing') return;
  dependencies.log.warn({ deploymentId: id, runId: started.runId }, 'the cloud has drifted: healing');
  dependencies.drift.healed({ region: started.region, by: 'policy' });
}

/** @returns undefined when the deployment moved on meanwhile */
async function startHeal(
  dependencies: AppDependencies,
  deployment: Deployment,
  run: RunRecord | undefined,
): Promise<{ runId: string; region: string } | 'nothing' | undefined> {
  const { cloud, ...owner } = toPlan(dependencies, deployment);
  const [{ findings }, known] = await Promise.all([
    dependencies.store.drift.list(deployment.id),
    whatIsKnown(dependencies, deployment, cloud),
  ]);
  const plan = planHeal(owner, deployment.config, known, findings);
  // A run without nodes still ends with a look for strays, which is what heals an extra object.
  if (plan.nodes.length === 0 && !findings.some(({ type }) => type === 'extra')) return 'nothing';
  if (run && runIsActive(run)) return undefined;
  // What the ledger has may be gone from the cloud, so everything is counted as if it were new.
  const reserving = await reserve(dependencies, { region: cloud, plan });
  const next = { kind: 'heal', status: STATUS_DURING.heal, plan: reserving } as const;
  const runId = await startRun(dependencies, deployment, run, next);
  return runId === undefined ? undefined : { runId, region: deployment.region };
}

async function listOrphans({ store, regions, drift }: AppDependencies, name: string): Promise<OrphanReport> {
  if (!regions.get(name)) {
    const remedy = `Use one of: ${regions.all.map((region) => region.name).join(', ')}.`;
    throw new GroundworkError('not_found', `there is no region ${name}`, { remedy });
  }
  const [{ checkedAt, error, brake }, orphans] = await Promise.all([
    store.regionChecks.get(name),
    store.orphans.list(name),
  ]);
  const items = orphans.map(({ kind, owner, key, verdict, detail, ...orphan }) => ({
    ...{ kind, owner, key, verdict, detail },
    provider_id: orphan.providerId,
    created_at: orphan.createdAt,
    first_seen: orphan.firstSeen,
    last_seen: orphan.lastSeen,
    removed_at: orphan.removedAt,
  }));
  return { region: name, sweep: drift.sweepMode(name), checked_at: checkedAt, error, brake, items };
}
