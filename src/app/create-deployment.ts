/**
 * Accepting a deployment: a plan is made, and deployment, plan, run, first events and the engine's start are committed
 * together. After the answer the run will happen, whatever process dies.
 */

import type { CreateDeploymentBody, DeploymentAccepted, DryRun } from '../contract/deployment.ts';
import { GroundworkError } from '../domain/errors.ts';
import { criticalPathMs } from '../domain/plan.ts';
import type { Caller } from './app.ts';
import type { AppDependencies } from './dependencies.ts';
import { prepareDeployment } from './prepare-deployment.ts';
import { showPlan } from './show-plan.ts';

/** @throws GroundworkError unknown_template, unknown_region, invalid_parameters, idempotency_conflict */
export async function createDeployment(
  dependencies: AppDependencies,
  caller: Caller,
  body: CreateDeploymentBody,
  { idempotencyKey }: { readonly idempotencyKey?: string },
): Promise<DeploymentAccepted> {
  const { ids } = dependencies;
  const requestHash = ids.hash(JSON.stringify(body));
  const idempotency =
    idempotencyKey === undefined ? undefined : { apiKeyId: caller.keyId, key: idempotencyKey, requestHash };
  const earlier = idempotency && (await earlierAnswer(dependencies, idempotency));
  if (earlier) return earlier;
  try {
    return await accept(dependencies, body, idempotency);
  } catch (error) {
    // Two requests with the same key at the same moment: the second finds the first's answer.
    const first = idempotency && (await earlierAnswer(dependencies, idempotency));
    if (first) return first;
    throw error;
  }
}

interface Idempotency {
  readonly apiKeyId: string;
  readonly key: string;
  readonly requestHash: string;
}

async function accept(
  dependencies: AppDependencies,
  body: CreateDeploymentBody,
  idempotency: Idempotency | undefined,
): Promise<DeploymentAccepted> {
  const { store, ids } = dependencies;
  const [id, runId] = [ids.newId(), ids.newId()];
  const { template, region, failurePolicy, config, plan } = await prepareDeployment(dependencies, body, id);
  const { createdAt } = await store.deployments.accept({
    deployment: {
      id,
      name: body.name,
      status: 'PENDING',
      region: region.name,
      templateName: template.name,
      templateVersion: template.version,
      parameters: body.parameters ?? {},
      overrides: {},
      config,
      failurePolicy,
      driftPolicy: 'alert',
      expiresAt: null,
      budget: null,
      activeRun: runId,
    },
    run: { id: runId, kind: 'deploy', plan },
    events: [
      { type: 'deployment.accepted', data: { name: body.name, template: template.name, version: template.version } },
      {
        type: 'run.accepted',
        runId,
        data: { kind: 'deploy', total: plan.nodes.length, estimated_ms: criticalPathMs(plan.nodes) },
      },
    ],
    ...(idempotency ? { idempotency } : {}),
  });
  return { id, name: body.name, status: 'PENDING', created_at: createdAt };
}

async function earlierAnswer(
  { store }: AppDependencies,
  idempotency: Idempotency,
): Promise<DeploymentAccepted | undefined> {
  const earlier = await store.deployments.findIdempotent(idempotency.apiKeyId, idempotency.key);
  if (!earlier) return undefined;
  if (earlier.requestHash !== idempotency.requestHash) {
    throw new GroundworkError('idempotency_conflict', 'this Idempotency-Key was used for a request with another body', {
      faults: [
        {
          pointer: 'header/Idempotency-Key',
          detail: 'the key belongs to another request',
          value: idempotency.key,
          remedy: 'Use a new key.',
        },
      ],
    });
  }
  const { id, name, createdAt } = earlier.deployment;
  return { id, name, status: 'PENDING', created_at: createdAt };
}

/** The plan of a request, as it would be executed. Records nothing. */
export async function planDeploymentRequest(
  dependencies: AppDependencies,
  body: CreateDeploymentBody,
): Promise<DryRun> {
  const { template, region, failurePolicy, plan } = await prepareDeployment(
    dependencies,
    body,
    dependencies.ids.newId(),
  );
  return {
    name: body.name,
    template: template.name,
    template_version: template.version,
    cloud_region: region.name,
    failure_policy: failurePolicy,
    plan: showPlan(plan),
  };
}
