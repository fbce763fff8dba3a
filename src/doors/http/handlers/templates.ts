/** Templates: what deployments are made from. */

import type { App } from '../../../app/app.ts';
import type { Handlers } from '../handler.ts';

type TemplateHandlers = Pick<
  Handlers,
  'listTemplates' | 'getTemplate' | 'createTemplate' | 'updateTemplate' | 'deleteTemplate'
>;

export function templateHandlers(app: App): TemplateHandlers {
  return {
    listTemplates: async () => ({ status: 200, body: await app.listTemplates() }),
    getTemplate: async ({ params, query }) => ({
      status: 200,
      body: await app.getTemplate(params.name, query.version),
    }),
    createTemplate: async ({ caller, body }) => ({ status: 201, body: await app.createTemplate(caller, body) }),
    updateTemplate: async ({ caller, params, body }) => ({
      status: 200,
      body: await app.updateTemplate(caller, params.name, body),
    }),
    deleteTemplate: async ({ caller, params }) => {
      await app.deleteTemplate(caller, params.name);
      return { status: 204, body: undefined };
    },
  };
}
