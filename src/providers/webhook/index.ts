/** What the webhook sender shows of itself. */

export { createWebhookSender, type WebhookSenderOptions } from './sender.ts';
