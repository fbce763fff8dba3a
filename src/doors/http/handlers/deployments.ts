/** Deployments: requests in, use cases called, answers out. */

import type { App } from '../../../app/app.ts';
import type { Handlers } from '../handler.ts';

type DeploymentHandlers = Pick<
  Handlers,
  'createDeployment' | 'listDeployments' | 'getDeployment' | 'deleteDeployment' | 'cancelDeployment' | 'retryDeployment'
>;

export function deploymentHandlers(app: App): DeploymentHandlers {
  return {
    createDeployment: async ({ caller, query, headers, body }) => {
      if (query.dry_run) return { status: 200, body: await app.planDeployment(body) };
      const idempotencyKey = headers['idempotency-key'];
      const options = idempotencyKey === undefined ? {} : { idempotencyKey };
      return { status: 202, body: await app.createDeployment(caller, body, options) };
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
