/** Runs: what was done to a deployment, node by node. */

import type { App } from '../../../app/app.ts';
import type { Handlers } from '../handler.ts';

export function runHandlers(app: App): Pick<Handlers, 'listRuns' | 'getRun'> {
  return {
    listRuns: async ({ params }) => ({ status: 200, body: await app.listRuns(params.id) }),
    getRun: async ({ params }) => ({ status: 200, body: await app.getRun(params.id, params.run_id) }),
  };
}
