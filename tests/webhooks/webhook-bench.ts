/**
 * Webhooks on a real database with a real receiver on loopback. Nothing goes by itself: a test says when couriers go, and
 * moves the times in the database instead of waiting for them.
 */

import { createHmac, randomUUID } from 'node:crypto';
import type { Webhook } from '../../src/domain/webhook.ts';
import type { WebhookSender } from '../../src/ports/webhook-sender.ts';
import { createWebhookSender, type WebhookSenderOptions } from '../../src/providers/webhook/index.ts';
import { createCouriers } from '../../src/reconcilers/deliver-webhooks.ts';
import { acceptAndClaim, openStoreBench, type StoreBench } from '../../src/store/testing/store-bench.ts';
import { openReceiver, type Received, type Receiver } from '../kit/receiver.ts';
import { silent } from '../kit/house.ts';

export const SENDER: WebhookSenderOptions = {
  secretKey: 'a key that seals, of a test',
  allowAddresses: ['127.0.0.0/8'],
  version: 'test',
};

export interface WebhookBench extends StoreBench {
  readonly receiver: Receiver;
  readonly sender: WebhookSender;
  /** A webhook that leads to the receiver, with its secret. */
  hook(change?: Partial<Webhook>): Promise<Webhook & { secret: string }>;
  /** A deployment with `count` events of a run beside those of its acceptance. */
  deploymentWithEvents(count: number): Promise<string>;
  /** Sends couriers out until nothing is due. */
  deliver(sender?: Pick<WebhookSender, 'send'>): Promise<void>;
  /** Lets everything that waits be due, and everything that was taken be given up by its taker. */
  makeDue(): Promise<void>;
  deliveries(webhookId: string): ReturnType<StoreBench['store']['deliveries']['list']>;
  /** For the next test: no webhooks, nothing received, a receiver that is well. */
  clear(): Promise<void>;
}

export async function openWebhookBench(): Promise<WebhookBench> {
  const [bench, receiver] = [await openStoreBench(), await openReceiver()];
  const sender = createWebhookSender(SENDER);
  const { answer } = receiver;
  const { store, pool } = bench;
  return {
    ...bench,
    receiver,
    sender,
    async hook(change = {}) {
      const id = randomUUID();
      const { secret, sealed } = sender.newSecret(id);
      const plain = { url: receiver.url, description: null, keyId: null, eventTypes: ['*'], enabled: true };
      const webhook = await store.webhooks.add({ ...plain, ...change, id, sealed });
      return { ...webhook, secret };
    },
    async deploymentWithEvents(count) {
      const { owner, lease } = await acceptAndClaim(store);
      for (let n = 0; n < count; n += 1)
        await store.ledger.recordEvent(lease, { type: 'sweep.removed', key: `server/web/${n}`, data: { n } });
      return owner;
    },
    async deliver(by = sender) {
      const couriers = createCouriers({ deliveries: store.deliveries, sender: by, log: silent, random: () => 0.5 });
      await couriers.deed(new AbortController().signal);
      await couriers.idle();
    },
    async makeDue() {
      await pool.query(`update webhook_deliveries set next_at = now(), taken_until = null where status = 'pending'`);
    },
    deliveries: (webhookId) => store.deliveries.list(webhookId, { limit: 1000 }),
    async clear() {
      await pool.query('delete from webhooks');
      await pool.query('delete from webhook_deliveries');
      receiver.received.length = 0;
      receiver.answer = answer;
    },
    async close() {
      await sender.close();
      await receiver.close();
      await bench.close();
    },
  };
}

/**
 * What a receiver does to prove where a delivery comes from, written from the specification and not from our code:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function isGenuine({ headers, body }: Pick<Received, 'headers' | 'body'>, secret: string): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const [id, timestamp] = [String(headers['webhook-id']), String(headers['webhook-timestamp'])];
  const content = `${id}.${timestamp}.${body}`;
  const expected = createHmac('sha256', key).update(content).digest('base64');
  return String(headers['webhook-signature']).split(' ').includes(`v1,${expected}`);
}

/** Event numbers as they came, by deployment. */
export function seqsByDeployment(received: readonly Received[]): Map<string, number[]> {
  const seqs = new Map<string, number[]>();
  for (const { json } of received) {
    const { deployment_id: id = '', event } = json.data;
    seqs.set(id, [...(seqs.get(id) ?? []), event?.seq ?? 0]);
  }
  return seqs;
}
