/** Explanations: why a deployment is where it is. */

import type { App } from '../../../app/app.ts';
import type { Handlers } from '../handler.ts';

export function explainHandlers(app: App): Pick<Handlers, 'explainDeployment'> {
  return {
    explainDeployment: async ({ params }) => ({ status: 200, body: await app.explainDeployment(params.id) }),
  };
}
