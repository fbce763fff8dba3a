/**
 * Webhooks on the wire: where events are sent to, and the log of what was sent. The signing secret is answered once, at the
 * creation.
 */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { DELIVERY_STATUSES } from '../domain/webhook.ts';
import { count, list, nullable, oneOf, shape, timestamp, uuid } from './shape.ts';

const url = Type.String({
  minLength: 1,
  maxLength: 2048,
  description: 'Absolute, https or http, without credentials.',
  examples: ['https://hooks.example.com/groundwork'],
});
const description = nullable(Type.String({ maxLength: 200 }));
const eventTypes = list(Type.String({ minLength: 1, maxLength: 63 }), {
  minItems: 1,
  maxItems: 50,
  description: 'Types of events, such as `run.finished`; `run.*` stands for all of a noun, `*` for all.',
});
const enabled = Type.Boolean({
  description: 'While it is false nothing is sent, and events that happen meanwhile are never sent.',
});

export const CreateWebhookBody = shape(
  'CreateWebhookBody',
  {
    url,
    description: Type.Optional(description),
    event_types: Type.Optional(eventTypes),
    global: Type.Optional(
      Type.Boolean({
        description:
          'True: events of all deployments (scope `admin`). False, the default: of those that this key asked for.',
      }),
    ),
    enabled: Type.Optional(enabled),
  },
  {
    description: 'A new webhook; without `event_types` it gets all events.',
    examples: [{ url: 'https://hooks.example.com/groundwork', event_types: ['deployment.*', 'run.finished'] }],
  },
);
export type CreateWebhookBody = Static<typeof CreateWebhookBody>;

export const UpdateWebhookBody = shape(
  'UpdateWebhookBody',
  {
    url: Type.Optional(url),
    description: Type.Optional(description),
    event_types: Type.Optional(eventTypes),
    enabled: Type.Optional(enabled),
  },
  { description: 'What is to be different.', minProperties: 1 },
);
export type UpdateWebhookBody = Static<typeof UpdateWebhookBody>;

const webhookProperties = {
  id: uuid(),
  url: Type.String(),
  description: nullable(Type.String()),
  event_types: list(Type.String()),
  global: Type.Boolean(),
  key_id: nullable(Type.String({ description: 'The API key that it belongs to; null when it is global.' })),
  enabled: Type.Boolean(),
  created_at: timestamp(),
  updated_at: timestamp(),
};

export const Webhook = shape('Webhook', webhookProperties, { description: 'Where events are sent to.' });
export type Webhook = Static<typeof Webhook>;

export const CreatedWebhook = shape(
  'CreatedWebhook',
  {
    ...webhookProperties,
    secret: Type.String({ description: 'Signs every delivery: `whsec_` and base64. It is never shown again.' }),
  },
  { description: 'A new webhook with its secret.' },
);
export type CreatedWebhook = Static<typeof CreatedWebhook>;

export const WebhookList = shape('WebhookList', { items: list(Webhook) }, { description: 'Newest first.' });
export type WebhookList = Static<typeof WebhookList>;

export const WebhookDelivery = shape(
  'WebhookDelivery',
  {
    id: uuid({ description: 'Also the header `webhook-id`: the same for every attempt and every replay.' }),
    webhook_id: uuid(),
    deployment_id: nullable(uuid({ description: 'Null for a test.' })),
    seq: nullable(Type.Integer({ minimum: 1, description: 'Number of the event within its deployment.' })),
    type: Type.String({ description: 'Type of the event, or `webhook.test`.' }),
    status: oneOf(DELIVERY_STATUSES, {
      description: '`pending`: waits, or is tried again; `delivered`: answered 2xx; `dead`: given up.',
    }),
    attempts: count(),
    next_at: nullable(timestamp({ description: 'When it is tried, unless an earlier event goes first.' })),
    response_status: nullable(Type.Integer()),
    response_body: nullable(Type.String({ description: 'The first 1024 bytes of the newest answer.' })),
    error: nullable(Type.String({ description: 'Why the newest attempt failed.' })),
    duration_ms: nullable(count({ description: 'Of the newest attempt.' })),
    created_at: timestamp(),
    attempted_at: nullable(timestamp()),
    settled_at: nullable(timestamp()),
  },
  { description: 'One event on its way to one webhook.' },
);
export type WebhookDelivery = Static<typeof WebhookDelivery>;

export const WebhookDeliveryPage = shape(
  'WebhookDeliveryPage',
  { items: list(WebhookDelivery), next: nullable(Type.String({ description: 'Cursor of the next page.' })) },
  { description: 'Newest first.' },
);
export type WebhookDeliveryPage = Static<typeof WebhookDeliveryPage>;

export const ListDeliveriesQuery = Type.Object(
  {
    status: Type.Optional(oneOf(DELIVERY_STATUSES)),
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
    cursor: Type.Optional(uuid({ description: '`next` of the page before.' })),
  },
  { additionalProperties: false },
);
export type ListDeliveriesQuery = Static<typeof ListDeliveriesQuery>;
