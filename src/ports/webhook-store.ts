/**
 * Webhook store: what we ask of the database for webhooks and their deliveries. Events queue their deliveries by themselves,
 * in the transaction that writes them.
 */

import type { DeliveryConclusion, SendOutcome } from '../domain/conclude-delivery.ts';
import type { DeliveredEvent, Delivery, DeliveryStatus, Webhook } from '../domain/webhook.ts';

/** A delivery that was taken to be sent: nobody else takes it for a while. */
export interface TakenDelivery {
  readonly id: string;
  readonly webhookId: string;
  /** Counts from 1, and from 1 again after a replay. */
  readonly attempt: number;
  /** Proves to `record` that it was not taken anew meanwhile. */
  readonly ticket: string;
  readonly url: string;
  readonly sealed: string;
  /** Null for a test. */
  readonly delivered: DeliveredEvent | null;
  readonly createdAt: string;
}

export interface DeliveryFilter {
  readonly status?: DeliveryStatus;
  readonly limit: number;
  /** Id of the last item seen, after which to go on. */
  readonly after?: string;
}

export interface WebhookStore {
  add(
    webhook: Pick<Webhook, 'id' | 'url' | 'description' | 'keyId' | 'eventTypes' | 'enabled'> & { sealed: string },
  ): Promise<Webhook>;
  get(id: string): Promise<Webhook | undefined>;
  /** Of one key, or all; newest first. */
  list(keyId?: string): Promise<Webhook[]>;
  change(
    id: string,
    change: Partial<Pick<Webhook, 'url' | 'description' | 'eventTypes' | 'enabled'>>,
  ): Promise<Webhook | undefined>;
  /** With everything that was still to be delivered, and its log. */
  remove(id: string): Promise<boolean>;
}

export interface DeliveryStore {
  /** Enabled webhooks for which something waits. */
  webhooksWithWork(): Promise<string[]>;
  /**
   * Takes a delivery that is due. Of the events of one deployment only the first that is not settled can be taken, so they
   * arrive in order.
   */
  take(webhookId: string): Promise<TakenDelivery | undefined>;
  /** What became of an attempt. Changes nothing when somebody else took the delivery meanwhile. */
  record(taken: TakenDelivery, outcome: SendOutcome, conclusion: DeliveryConclusion): Promise<void>;
  /** It was not tried after all: due again at once. */
  putBack(taken: TakenDelivery): Promise<void>;
  /** Newest first; one more than the limit when there are more. */
  list(webhookId: string, filter: DeliveryFilter): Promise<Delivery[]>;
  addTest(webhookId: string): Promise<Delivery>;
  /** Due now: again when it was settled, without holding back others; undefined when there is no such delivery. */
  replay(webhookId: string, id: string): Promise<Delivery | undefined>;
  /** Forgets settled deliveries after a while, and those of webhooks that are gone. @returns whether there may be more */
  prune(): Promise<boolean>;
}
