/**
 * Operations on webhooks. A key sees and changes its own; a key with the scope `admin` all of them.
 */

import { Type } from 'typebox';
import type { OperationDefinition } from '../operation.ts';
import { uuid } from '../shape.ts';
import {
  CreatedWebhook,
  CreateWebhookBody,
  ListDeliveriesQuery,
  UpdateWebhookBody,
  Webhook,
  WebhookDelivery,
  WebhookDeliveryPage,
  WebhookList,
} from '../webhook.ts';

const WebhookId = Type.Object({ id: uuid({ description: 'Id of the webhook.' }) });
const DeliveryId = Type.Object({
  id: uuid({ description: 'Id of the webhook.' }),
  delivery_id: uuid({ description: 'Id of the delivery.' }),
});

export const webhookOperations = {
  listWebhooks: {
    method: 'GET',
    path: '/webhooks',
    tag: 'webhooks',
    summary: 'List webhooks',
    access: 'write',
    answers: { 200: { description: 'Those of this key; all of them for `admin`.', schema: WebhookList } },
    errors: [],
  },
  createWebhook: {
    method: 'POST',
    path: '/webhooks',
    tag: 'webhooks',
    summary: 'Send events to a URL',
    description: 'Events that happen from now on. Deliveries are signed as Standard Webhooks has it.',
    access: 'write',
    body: CreateWebhookBody,
    answers: { 201: { description: 'The webhook, with its secret this once.', schema: CreatedWebhook } },
    errors: ['invalid_webhook'],
  },
  getWebhook: {
    method: 'GET',
    path: '/webhooks/{id}',
    tag: 'webhooks',
    summary: 'Show a webhook',
    access: 'write',
    params: WebhookId,
    answers: { 200: { description: 'The webhook, without its secret.', schema: Webhook } },
    errors: ['not_found'],
  },
  updateWebhook: {
    method: 'PATCH',
    path: '/webhooks/{id}',
    tag: 'webhooks',
    summary: 'Change a webhook',
    description: 'What still waits goes to the new URL.',
    access: 'write',
    params: WebhookId,
    body: UpdateWebhookBody,
    answers: { 200: { description: 'The webhook as it is now.', schema: Webhook } },
    errors: ['not_found', 'invalid_webhook'],
  },
  deleteWebhook: {
    method: 'DELETE',
    path: '/webhooks/{id}',
    tag: 'webhooks',
    summary: 'Delete a webhook',
    description: 'With its log. What still waits is not sent.',
    access: 'write',
    params: WebhookId,
    answers: { 204: { description: 'Deleted.' } },
    errors: ['not_found'],
  },
  testWebhook: {
    method: 'POST',
    path: '/webhooks/{id}/test',
    tag: 'webhooks',
    summary: 'Send a test',
    description: 'A delivery of the type `webhook.test`, signed, sent and logged like any other.',
    access: 'write',
    params: WebhookId,
    answers: { 202: { description: 'It will be sent; the log tells what became of it.', schema: WebhookDelivery } },
    errors: ['not_found', 'not_possible_now'],
  },
  listWebhookDeliveries: {
    method: 'GET',
    path: '/webhooks/{id}/deliveries',
    tag: 'webhooks',
    summary: 'List what was sent and what waits',
    description: 'Settled deliveries are remembered for 14 days.',
    access: 'write',
    params: WebhookId,
    query: ListDeliveriesQuery,
    answers: { 200: { description: 'Newest first.', schema: WebhookDeliveryPage } },
    errors: ['not_found'],
  },
  replayWebhookDelivery: {
    method: 'POST',
    path: '/webhooks/{id}/deliveries/{delivery_id}/replay',
    tag: 'webhooks',
    summary: 'Send a delivery again',
    description:
      'With the same `webhook-id`. One that waits is tried at once; one that was settled holds back no other.',
    access: 'write',
    params: DeliveryId,
    answers: { 202: { description: 'It will be sent.', schema: WebhookDelivery } },
    errors: ['not_found', 'not_possible_now'],
  },
} as const satisfies Record<string, OperationDefinition>;
