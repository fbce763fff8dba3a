/** Drift and orphans: requests in, use cases called, answers out. */

import type { App } from '../../../app/app.ts';
import type { Handlers } from '../handler.ts';

type DriftHandlers = Pick<Handlers, 'getDrift' | 'acceptDrift' | 'healDeployment' | 'listOrphans'>;

export function driftHandlers(app: App): DriftHandlers {
  return {
    getDrift: async ({ params, query }) => ({ status: 200, body: await app.getDrift(params.id, query) }),
    acceptDrift: async ({ caller, params, body }) => ({
      status: 200,
      body: await app.acceptDrift(caller, params.id, body),
    }),
    healDeployment: async ({ caller, params, query }) => {
      const answer = await app.healDeployment(caller, params.id, query);
      return 'operation' in answer ? { status: 200, body: answer } : { status: 202, body: answer };
    },
    listOrphans: async ({ params }) => ({ status: 200, body: await app.listOrphans(params.name) }),
  };
}
