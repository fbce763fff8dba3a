/**
 * Webhooks: where events are sent to. A key keeps its own, which hear of the deployments that it asked for; `admin` keeps
 * all, and the global ones. Somebody else's webhook is as good as not there.
 */

import type {
  CreatedWebhook,
  CreateWebhookBody,
  ListDeliveriesQuery,
  UpdateWebhookBody,
  Webhook as WebhookShape,
  WebhookDelivery,
  WebhookDeliveryPage,
  WebhookList,
} from '../contract/webhook.ts';
import { type Fault, GroundworkError } from '../domain/errors.ts';
import { type Delivery, eventTypeFaults, type Webhook } from '../domain/webhook.ts';
import { webhookUrlFaults } from '../domain/webhook-target.ts';
import type { Caller } from './app.ts';
import type { AppDependencies } from './dependencies.ts';

export interface WebhookUseCases {
  listWebhooks(caller: Caller): Promise<WebhookList>;
  /** @throws GroundworkError invalid_webhook, forbidden */
  createWebhook(caller: Caller, body: CreateWebhookBody): Promise<CreatedWebhook>;
  /** @throws GroundworkError not_found, as all below */
  getWebhook(caller: Caller, id: string): Promise<WebhookShape>;
  /** @throws GroundworkError invalid_webhook */
  updateWebhook(caller: Caller, id: string, body: UpdateWebhookBody): Promise<WebhookShape>;
  deleteWebhook(caller: Caller, id: string): Promise<void>;
  /** @throws GroundworkError not_possible_now */
  testWebhook(caller: Caller, id: string): Promise<WebhookDelivery>;
  listWebhookDeliveries(caller: Caller, id: string, query: ListDeliveriesQuery): Promise<WebhookDeliveryPage>;
  /** @throws GroundworkError not_possible_now */
  replayWebhookDelivery(caller: Caller, id: string, deliveryId: string): Promise<WebhookDelivery>;
}

type WebhookDependencies = Pick<AppDependencies, 'store' | 'ids' | 'webhooks'>;

export function createWebhooks(dependencies: WebhookDependencies): WebhookUseCases {
  return { ...keepingWebhooks(dependencies), ...sendingDeliveries(dependencies) };
}

type Sending = 'testWebhook' | 'listWebhookDeliveries' | 'replayWebhookDelivery';

function keepingWebhooks({ store, ids, webhooks }: WebhookDependencies): Omit<WebhookUseCases, Sending> {
  const { sender, allowAddresses } = webhooks;
  return {
    async listWebhooks(caller) {
      const items = await store.webhooks.list(caller.scope === 'admin' ? undefined : caller.keyId);
      return { items: items.map(shapeOf) };
    },
    async createWebhook(caller, body) {
      if (body.global === true && caller.scope !== 'admin') throw mayNotBeGlobal();
      refuse(faultsOf(body, allowAddresses));
      const id = ids.newId();
      const { secret, sealed } = sender.newSecret(id);
      const keyId = body.global === true ? null : caller.keyId;
      const { url, description = null, event_types: eventTypes = ['*'], enabled = true } = body;
      const webhook = await store.webhooks.add({ id, url, description, keyId, eventTypes, enabled, sealed });
      return { ...shapeOf(webhook), secret };
    },
    getWebhook: async (caller, id) => shapeOf(await ownWebhook(store, caller, id)),
    async updateWebhook(caller, id, body) {
      await ownWebhook(store, caller, id);
      refuse(faultsOf(body, allowAddresses));
      const { event_types: eventTypes, ...same } = body;
      const webhook = await store.webhooks.change(id, { ...same, ...(eventTypes ? { eventTypes } : {}) });
      if (!webhook) throw noWebhook(id);
      return shapeOf(webhook);
    },
    async deleteWebhook(caller, id) {
      await ownWebhook(store, caller, id);
      await store.webhooks.remove(id);
    },
  };
}

function sendingDeliveries({ store }: WebhookDependencies): Pick<WebhookUseCases, Sending> {
  return {
    async testWebhook(caller, id) {
      assertEnabled(await ownWebhook(store, caller, id));
      return deliveryShapeOf(await store.deliveries.addTest(id));
    },
    async listWebhookDeliveries(caller, id, { status, limit, cursor }) {
      await ownWebhook(store, caller, id);
      const found = await store.deliveries.list(id, {
        limit: limit + 1,
        ...(status === undefined ? {} : { status }),
        ...(cursor === undefined ? {} : { after: cursor }),
      });
      const items = found.slice(0, limit).map(deliveryShapeOf);
      return { items, next: found.length > limit ? (items.at(-1)?.id ?? null) : null };
    },
    async replayWebhookDelivery(caller, id, deliveryId) {
      assertEnabled(await ownWebhook(store, caller, id));
      const delivery = await store.deliveries.replay(id, deliveryId);
      if (delivery) return deliveryShapeOf(delivery);
      throw new GroundworkError('not_found', `the webhook ${id} has no delivery ${deliveryId}`, {
        remedy: `GET /webhooks/${id}/deliveries lists them.`,
      });
    },
  };
}

async function ownWebhook(store: AppDependencies['store'], caller: Caller, id: string): Promise<Webhook> {
  const webhook = await store.webhooks.get(id);
  if (!webhook || (caller.scope !== 'admin' && webhook.keyId !== caller.keyId)) throw noWebhook(id);
  return webhook;
}

function assertEnabled({ id, enabled }: Webhook): void {
  if (enabled) return;
  throw new GroundworkError('not_possible_now', `the webhook ${id} is disabled, so nothing would be sent`, {
    remedy: `PATCH /webhooks/${id} with {"enabled": true} first.`,
  });
}

function faultsOf({ url, event_types: eventTypes }: UpdateWebhookBody, allowed: readonly string[]): Fault[] {
  return [...(url === undefined ? [] : webhookUrlFaults(url, allowed)), ...eventTypeFaults(eventTypes ?? [])];
}

function refuse(faults: readonly Fault[]): void {
  if (faults.length > 0) throw new GroundworkError('invalid_webhook', 'the webhook could not work', { faults });
}

function mayNotBeGlobal(): GroundworkError {
  return new GroundworkError('forbidden', 'a global webhook hears of all deployments: it needs the scope admin', {
    remedy: 'Leave `global` out to hear of the deployments of this key, or use a key with the scope admin.',
  });
}

function noWebhook(id: string): GroundworkError {
  return new GroundworkError('not_found', `there is no webhook ${id}`, { remedy: 'GET /webhooks lists them.' });
}

function shapeOf(webhook: Webhook): WebhookShape {
  const { id, url, description, eventTypes, keyId, enabled, createdAt, updatedAt } = webhook;
  return {
    ...{ id, url, description, event_types: eventTypes, global: keyId === null, key_id: keyId, enabled },
    ...{ created_at: createdAt, updated_at: updatedAt },
  };
}

function deliveryShapeOf(delivery: Delivery): WebhookDelivery {
  return {
    id: delivery.id,
    webhook_id: delivery.webhookId,
    deployment_id: delivery.deploymentId,
    seq: delivery.seq,
    type: delivery.type,
    status: delivery.status,
    attempts: delivery.attempts,
    next_at: delivery.nextAt,
    response_status: delivery.responseStatus,
    response_body: delivery.responseBody,
    error: delivery.error,
    duration_ms: delivery.durationMs,
    created_at: delivery.createdAt,
    attempted_at: delivery.attemptedAt,
    settled_at: delivery.settledAt,
  };
}
