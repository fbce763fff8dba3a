/**
 * Brings what waits in the queue of deliveries to its receivers. Several couriers work for one webhook at a time, each with
 * another deployment's events; couriers of different webhooks know nothing of each other, so a receiver that is slow or
 * away holds nobody else up. Several servers may do this on one database: a delivery is taken by one of them.
 */

import { concludeDelivery, type SendOutcome } from '../domain/conclude-delivery.ts';
import { deliveryBody } from '../domain/webhook.ts';
import type { Logger } from '../ports/logger.ts';
import type { WebhookSender } from '../ports/webhook-sender.ts';
import type { DeliveryStore, TakenDelivery } from '../ports/webhook-store.ts';

export interface CourierDependencies {
  readonly deliveries: DeliveryStore;
  readonly sender: Pick<WebhookSender, 'send'>;
  readonly log: Logger;
  /** In [0, 1): jitter. */
  readonly random: () => number;
}

export interface Couriers {
  /** Sends couriers out for whatever waits, and does not wait for them. */
  deed(signal: AbortSignal): Promise<boolean>;
  /** Resolves when no courier is on the way. */
  idle(): Promise<void>;
}

const COURIERS_PER_WEBHOOK = 4;
const COURIERS = 64;

export function createCouriers(dependencies: CourierDependencies): Couriers {
  const { deliveries, log } = dependencies;
  const underWay = new Map<Promise<void>, string>();

  const hire = (webhookId: string, signal: AbortSignal): void => {
    const ofThisOne = [...underWay.values()].filter((id) => id === webhookId).length;
    if (signal.aborted || underWay.size >= COURIERS || ofThisOne >= COURIERS_PER_WEBHOOK) return;
    const courier = work(webhookId, signal)
      .catch((error: unknown) => log.warn({ err: error, webhookId }, 'a courier gave up; another one follows'))
      .finally(() => underWay.delete(courier));
    underWay.set(courier, webhookId);
  };

  const work = async (webhookId: string, signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const taken = await deliveries.take(webhookId);
      if (!taken) return;
      hire(webhookId, signal); // there may be more
      await deliver(dependencies, taken, signal);
    }
  };

  return {
    async deed(signal) {
      for (const webhookId of await deliveries.webhooksWithWork()) hire(webhookId, signal);
      return false;
    },
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay.keys());
    },
  };
}

async function deliver(
  { deliveries, sender, log, random }: CourierDependencies,
  taken: TakenDelivery,
  signal: AbortSignal,
): Promise<void> {
  const { id, webhookId, attempt } = taken;
  const body = deliveryBody(taken.delivered, taken.createdAt);
  let outcome: SendOutcome;
  try {
    outcome = await sender.send({ ...taken, body }, signal);
  } catch (error) {
    // A fault of our own is tried again when the time of taking is over: at once would be for ever.
    if (!signal.aborted) throw error;
    await deliveries.putBack(taken);
    return;
  }
  const conclusion = concludeDelivery(attempt, outcome, random());
  if (conclusion.status !== 'delivered')
    log.info({ webhookId, deliveryId: id, attempt, reason: conclusion.error }, 'a delivery did not arrive');
  await deliveries.record(taken, outcome, conclusion);
}
