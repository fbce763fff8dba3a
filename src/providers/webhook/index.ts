/** What the webhook sender shows of itself. */

export { createWebhookSender } from './sender.ts';
