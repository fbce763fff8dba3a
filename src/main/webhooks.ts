/**
 * Puts the outgoing webhooks together: the sender, and the loops that deliver and forget.
 */

import type { Config } from '../config/load-config.ts';
import type { Logger } from '../ports/logger.ts';
import type { Store } from '../ports/store.ts';
import type { WebhookSender } from '../ports/webhook-sender.ts';
import { createWebhookSender } from '../providers/webhook/index.ts';
import { createCouriers } from '../reconcilers/deliver-webhooks.ts';
import { createReconciler } from '../reconcilers/reconciler.ts';
import type { Closers } from './closers.ts';
import { VERSION } from './package-root.ts';
import { keepSecretKey } from './secret-key.ts';

/** How long an event may lie before somebody looks for it. */
const DELIVER_EVERY_MS = 500;
const FORGET_EVERY_MS = 3_600_000;

export async function openWebhookSender(config: Config, closers: Closers): Promise<WebhookSender> {
  const sender = createWebhookSender({
    secretKey: config.secret_key ?? (await keepSecretKey(config.data_dir)),
    allowAddresses: config.webhooks.allow_addresses,
    version: VERSION,
  });
  closers.add('webhook sender', () => sender.close());
  return sender;
}

export function startWebhookDelivery(
  { store, sender, log }: { store: Store; sender: WebhookSender; log: Logger },
  closers: Closers,
): void {
  const { deliveries } = store;
  const couriers = createCouriers({ deliveries, sender, log, random: Math.random });
  const delivering = createReconciler({
    name: 'webhook delivery',
    everyMs: DELIVER_EVERY_MS,
    deed: couriers.deed,
    log,
  });
  const forgetting = createReconciler({
    name: 'webhook log',
    everyMs: FORGET_EVERY_MS,
    deed: () => deliveries.prune(),
    log,
  });
  delivering.start();
  forgetting.start();
  closers.add('webhook delivery', async () => {
    await Promise.all([delivering.stop(), forgetting.stop()]);
    await couriers.idle();
  });
}
