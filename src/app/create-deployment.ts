/**
 * Accepting a deployment: a plan is made, and deployment, plan, run, first events and the engine's start are committed
 * together. After the answer the run will happen, whatever process dies.
 */

import type { CreateDeploymentBody, DeploymentAccepted, DryRun } from '../contract/deployment.ts';
import { GroundworkError } from '../domain/errors.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { locateCheck } from '../domain/locate-check.ts';
import { criticalPathMs } from '../domain/plan.ts';
import type { AcceptGuard } from '../ports/store.ts';
import type { Caller } from './app.ts';
import { assertFeasible } from './assert-feasible.ts';
import type { AppDependencies } from './dependencies.ts';
import { foresee } from './foresee.ts';
import { prepareDeployment, type PreparedDeployment } from './prepare-deployment.ts';
import { showForesight } from './show-foresight.ts';
import { type Basis, rememberPlan, takePlan } from './shown-plans.ts';
import { expiryOfNew } from './time-to-live.ts';

export interface CreateOptions {
  readonly idempotencyKey?: string;
  /** Apply exactly this plan, which a dry run showed. */
  readonly planId?: string;
  /** Go on although the plan surely cannot work. */
  readonly skipChecks?: boolean;
}

/**
 * @param body null with a plan that was shown, which knows its request
 * @throws GroundworkError unknown_template, unknown_region, invalid_parameters, invalid_ttl, infeasible, quota_exceeded,
 *   over_budget, plan_stale, plan_applied, not_found (the plan), idempotency_conflict
 */
export async function createDeployment(
  dependencies: AppDependencies,
  caller: Caller,
  body: CreateDeploymentBody | null,
  options: CreateOptions,
): Promise<DeploymentAccepted> {
  const { ids } = dependencies;
  const { idempotencyKey, planId } = options;
  const requestHash = ids.hash(JSON.stringify(planId === undefined ? body : [body, planId]));
  const idempotency =
    idempotencyKey === undefined ? undefined : { apiKeyId: caller.keyId, key: idempotencyKey, requestHash };
  const earlier = idempotency && (await earlierAnswer(dependencies, idempotency));
  if (earlier) return earlier;
  try {
    const order = await orderOf(dependencies, body, planId);
    return await accept(dependencies, { ...order, caller, skipChecks: options.skipChecks ?? false }, idempotency);
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

/** What is to be created, planned for the id that it will have. */
interface Order {
  readonly id: string;
  readonly body: CreateDeploymentBody;
  readonly prepared: PreparedDeployment;
  /** Takes up the plan that was shown. */
  readonly claim?: AcceptGuard;
}

async function orderOf(
  dependencies: AppDependencies,
  body: CreateDeploymentBody | null,
  planId: string | undefined,
): Promise<Order> {
  if (planId !== undefined) return shownOrder(dependencies, body, planId);
  if (body === null) throw new Error('neither a request nor a plan that was shown');
  const id = dependencies.ids.newId();
  return { id, body, prepared: await prepareDeployment(dependencies, body, id) };
}

async function shownOrder(
  dependencies: AppDependencies,
  given: CreateDeploymentBody | null,
  planId: string,
): Promise<Order> {
  let now: PreparedDeployment | undefined;
  const request = given === null ? undefined : jsonOf(given);
  const { shown, claim } = await takePlan(dependencies, {
    planId,
    kind: 'deploy',
    request,
    replan: async (plan) => {
      now = await prepareDeployment(dependencies, bodyOf(plan.request), plan.deploymentId);
      return { plan: now.plan, basis: basisOf(now) };
    },
  });
  if (!now) throw new Error('a plan was taken up without being made anew');
  return { id: shown.deploymentId, body: bodyOf(shown.request), prepared: { ...now, plan: shown.plan }, claim };
}

async function accept(
  dependencies: AppDependencies,
  { id, body, prepared, claim, caller, skipChecks }: Order & { readonly caller: Caller; readonly skipChecks: boolean },
  idempotency: Idempotency | undefined,
): Promise<DeploymentAccepted> {
  const { store, ids } = dependencies;
  const { template, region, failurePolicy, config } = prepared;
  const expiresAt = expiryOfNew(dependencies, { region: region.name, ttl: body.ttl }, Date.now());
  const budget = body.budget ?? null;
  const feasible = await assertFeasible(dependencies, {
    region,
    plan: prepared.plan,
    budget,
    skipChecks,
    locate: (key, what) => locateCheck(key, what, template.body),
  });
  const { plan } = feasible;
  const runId = ids.newId();
  const { createdAt } = await feasible.accept((guard) =>
    store.deployments.accept({
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
        driftPolicy: body.drift_policy ?? 'alert',
        expiresAt,
        budget,
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
      createdBy: caller.keyId,
      guard: async (transaction) => {
        await guard(transaction);
        await claim?.(transaction);
      },
      ...(idempotency ? { idempotency } : {}),
    }),
  );
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

/**
 * The plan of a request, as it would be executed, with what is foreseen of it. Nothing is reserved; the plan is kept for an
 * hour, so that exactly this one can be applied.
 * @throws GroundworkError unknown_template, unknown_region, invalid_parameters
 */
export async function planDeploymentRequest(
  dependencies: AppDependencies,
  body: CreateDeploymentBody,
): Promise<DryRun> {
  const deploymentId = dependencies.ids.newId();
  const prepared = await prepareDeployment(dependencies, body, deploymentId);
  const { template, region, failurePolicy, plan } = prepared;
  // Refuses what would be refused.
  expiryOfNew(dependencies, { region: region.name, ttl: body.ttl }, Date.now());
  const [foresight, remembered] = await Promise.all([
    foresee(dependencies, { region, plan, budget: body.budget ?? null }),
    rememberPlan(dependencies, {
      kind: 'deploy',
      deploymentId,
      request: jsonOf(body),
      plan,
      basis: basisOf(prepared),
    }),
  ]);
  return {
    name: body.name,
    template: template.name,
    template_version: template.version,
    cloud_region: region.name,
    failure_policy: failurePolicy,
    plan: showForesight(plan, foresight),
    ...remembered,
  };
}

/** Nothing stands yet, and the request itself is kept: only the template can move. */
function basisOf({ template }: PreparedDeployment): Basis {
  return { template, wanted: null, ledger: [] };
}

function jsonOf(body: CreateDeploymentBody): JsonObject {
  return body; // it was read from JSON
}

function bodyOf(request: Json): CreateDeploymentBody {
  return request as unknown as CreateDeploymentBody; // it was one when it was stored
}
