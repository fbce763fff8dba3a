/** Configuring a deployment: request in, use case called, answer out. */

import type { App } from '../../../app/app.ts';
import type { Handlers } from '../handler.ts';

export function configureHandlers(app: App): Pick<Handlers, 'configureDeployment'> {
  return {
    configureDeployment: async ({ caller, params, body }) => ({
      status: 202,
      body: await app.configureDeployment(caller, params.id, body),
    }),
  };
}
