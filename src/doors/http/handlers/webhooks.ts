/** Webhooks: where events are sent to, and the log of it. */

import type { App } from '../../../app/app.ts';
import type { Handlers } from '../handler.ts';

type WebhookHandlers = Pick<
  Handlers,
  | 'listWebhooks'
  | 'createWebhook'
  | 'getWebhook'
  | 'updateWebhook'
  | 'deleteWebhook'
  | 'testWebhook'
  | 'listWebhookDeliveries'
  | 'replayWebhookDelivery'
>;

export function webhookHandlers(app: App): WebhookHandlers {
  return {
    listWebhooks: async ({ caller }) => ({ status: 200, body: await app.listWebhooks(caller) }),
    createWebhook: async ({ caller, body }) => ({ status: 201, body: await app.createWebhook(caller, body) }),
    getWebhook: async ({ caller, params }) => ({ status: 200, body: await app.getWebhook(caller, params.id) }),
    updateWebhook: async ({ caller, params, body }) => ({
      status: 200,
      body: await app.updateWebhook(caller, params.id, body),
    }),
    deleteWebhook: async ({ caller, params }) => {
      await app.deleteWebhook(caller, params.id);
      return { status: 204, body: undefined };
    },
    testWebhook: async ({ caller, params }) => ({ status: 202, body: await app.testWebhook(caller, params.id) }),
    listWebhookDeliveries: async ({ caller, params, query }) => ({
      status: 200,
      body: await app.listWebhookDeliveries(caller, params.id, query),
    }),
    replayWebhookDelivery: async ({ caller, params }) => ({
      status: 202,
      body: await app.replayWebhookDelivery(caller, params.id, params.delivery_id),
    }),
  };
}
