/**
 * Webhooks over maps, for tests of the door. Nothing is ever sent.
 */

import { randomUUID } from 'node:crypto';
import type { WebhookUseCases } from '../../../app/webhooks.ts';
import type { Webhook, WebhookDelivery } from '../../../contract/webhook.ts';
import { GroundworkError } from '../../../domain/errors.ts';

const NOW = '2026-11-21T10:42:00.000Z';

export function createInMemoryWebhooks(): WebhookUseCases {
  const webhooks = new Map<string, Webhook>();
  const deliveries = new Map<string, WebhookDelivery>();
  const found = <T>(things: ReadonlyMap<string, T>, id: string): T => {
    const thing = things.get(id);
    if (thing === undefined) throw new GroundworkError('not_found', `There is nothing with the id ${id}.`);
    return thing;
  };
  return {
    listWebhooks: async () => ({ items: [...webhooks.values()] }),
    async createWebhook({ keyId }, { global = false, ...body }) {
      const webhook: Webhook = {
        ...{ id: randomUUID(), description: null, event_types: ['*'], enabled: true, ...body },
        ...{ global, key_id: global ? null : keyId, created_at: NOW, updated_at: NOW },
      };
      webhooks.set(webhook.id, webhook);
      return { ...webhook, secret: 'whsec_c2VjcmV0' };
    },
    getWebhook: async (_caller, id) => found(webhooks, id),
    async updateWebhook(_caller, id, body) {
      const webhook = { ...found(webhooks, id), ...body };
      webhooks.set(id, webhook);
      return webhook;
    },
    async deleteWebhook(_caller, id) {
      found(webhooks, id);
      webhooks.delete(id);
    },
    async testWebhook(_caller, id) {
      const delivery = pendingTest(found(webhooks, id).id);
      deliveries.set(delivery.id, delivery);
      return delivery;
    },
    async listWebhookDeliveries(_caller, id) {
      found(webhooks, id);
      return { items: [...deliveries.values()].filter((delivery) => delivery.webhook_id === id), next: null };
    },
    replayWebhookDelivery: async (_caller, _id, deliveryId) => found(deliveries, deliveryId),
  };
}

function pendingTest(webhookId: string): WebhookDelivery {
  return {
    ...{ id: randomUUID(), webhook_id: webhookId, deployment_id: null, seq: null, type: 'webhook.test' },
    ...{ status: 'pending', attempts: 0, next_at: NOW, response_status: null, response_body: null, error: null },
    ...{ duration_ms: null, created_at: NOW, attempted_at: null, settled_at: null },
  };
}
