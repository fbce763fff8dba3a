/**
 * Webhooks: where events are sent to, and what became of each sending.
 */

import type { Fault } from './errors.ts';
import { EVENT_TYPES, type Event } from './event.ts';

export interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly description: string | null;
  /** The key whose deployments it hears of; null when it is global and hears of all. */
  readonly keyId: string | null;
  /** `run.finished`, `run.*` or `*`. */
  readonly eventTypes: readonly string[];
  readonly enabled: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export const DELIVERY_STATUSES = ['pending', 'delivered', 'dead'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** One event on its way to one webhook, or there, or given up. */
export interface Delivery {
  readonly id: string;
  readonly webhookId: string;
  /** Null for a test. */
  readonly deploymentId: string | null;
  /** Of the event within its deployment; null for a test. */
  readonly seq: number | null;
  readonly type: string;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  /** When it is tried (again); null once it is settled. */
  readonly nextAt: string | null;
  readonly responseStatus: number | null;
  /** The beginning of what the receiver answered. */
  readonly responseBody: string | null;
  readonly error: string | null;
  readonly durationMs: number | null;
  readonly createdAt: string;
  readonly attemptedAt: string | null;
  readonly settledAt: string | null;
}

/** What a test sends instead of an event. */
export const TEST_EVENT = 'webhook.test';

/** The event of a delivery and the deployment that it happened to. */
export interface DeliveredEvent {
  readonly deploymentId: string;
  readonly deploymentName: string;
  readonly event: Event;
}

/**
 * The body of a delivery: type, timestamp and data as Standard Webhooks recommends
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md). `data.event` is the event
 * as the API lists it, so that one type serves both. The same for every attempt.
 * @param createdAt when the delivery was ordered: the time of a test
 */
export function deliveryBody(delivered: DeliveredEvent | null, createdAt: string): string {
  if (!delivered) return JSON.stringify({ type: TEST_EVENT, timestamp: createdAt, data: {} });
  const { deploymentId: deployment_id, deploymentName: deployment_name, event } = delivered;
  const { seq, at, type, runId: run_id, key, data } = event;
  const shown = { seq, at, type, run_id, key, data };
  return JSON.stringify({ type, timestamp: at, data: { deployment_id, deployment_name, event: shown } });
}

/** What is wrong with a filter: a type that no event has would never match, and nobody would notice. */
export function eventTypeFaults(eventTypes: readonly string[]): Fault[] {
  const nouns = [...new Set(EVENT_TYPES.map((type) => `${type.split('.')[0]}.*`))];
  const known: readonly string[] = ['*', ...nouns, ...EVENT_TYPES];
  return eventTypes.flatMap((type, index) => {
    if (known.includes(type)) return [];
    const remedy = `Use one of: ${known.join(', ')}.`;
    return [{ pointer: `/event_types/${index}`, detail: 'no event has this type', value: type, remedy }];
  });
}
