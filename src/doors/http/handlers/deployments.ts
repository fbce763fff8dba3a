/** Deployments: requests in, use cases called, answers out. */

import type { App } from '../../../app/app.ts';
import { GroundworkError } from '../../../domain/errors.ts';
import type { Handlers } from '../handler.ts';

type DeploymentHandlers = Pick<
  Handlers,
  'createDeployment' | 'listDeployments' | 'getDeployment' | 'deleteDeployment' | 'cancelDeployment' | 'retryDeployment'
>;

export function deploymentHandlers(app: App): DeploymentHandlers {
  return {
    createDeployment: async ({ caller, query, headers, body }) => {
      const { dry_run: dryRun, skip_checks: skipChecks = false, plan_id: planId } = query;
      if (dryRun) return { status: 200, body: await app.planDeployment(needed(body)) };
      const idempotencyKey = headers['idempotency-key'];
      const options = {
        skipChecks,
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
        ...(planId === undefined ? {} : { planId }),
      };
      return {
        status: 202,
        body: await app.createDeployment(caller, planId === undefined ? needed(body) : (body ?? null), options),
      };
    },
    listDeployments: async ({ query }) => ({ status: 200, body: await app.listDeployments(query) }),
    getDeployment: async ({ params, query }) => ({
      status: 200,
      body: await app.getDeployment(params.id, query.at),
    }),
    deleteDeployment: async ({ caller, params }) => ({
      status: 202,
      body: await app.deleteDeployment(caller, params.id),
    }),
    cancelDeployment: async ({ caller, params }) => ({
      status: 202,
      body: await app.cancelDeployment(caller, params.id),
    }),
    retryDeployment: async ({ caller, params }) => ({
      status: 202,
      body: await app.retryDeployment(caller, params.id),
    }),
  };
}

/** Only a plan that was shown knows its request. Fastify gives undefined where there was no body. */
function needed<T>(body: T | null | undefined): T {
  if (body !== null && body !== undefined) return body;
  const detail = 'The body is missing.';
  const remedy = 'Send a JSON object with Content-Type: application/json.';
  throw new GroundworkError('invalid_request', detail, { faults: [{ pointer: '', detail, remedy }] });
}
