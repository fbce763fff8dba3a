/**
 * Webhook sender: what is asked of the world to sign a delivery and to send it once.
 */

import type { SendOutcome } from '../domain/conclude-delivery.ts';

export interface WebhookMessage {
  /** The same for every attempt: the receiver's means to notice a repetition. */
  readonly id: string;
  readonly webhookId: string;
  readonly url: string;
  /** The webhook's secret as it is stored. */
  readonly sealed: string;
  readonly body: string;
}

export interface WebhookSender {
  /** A new signing secret: as the receiver gets it, once, and as it is stored. */
  newSecret(webhookId: string): { readonly secret: string; readonly sealed: string };
  /**
   * Sends once. Whatever the receiver does is an outcome.
   * @throws the reason of `signal` when it aborts first
   */
  send(message: WebhookMessage, signal: AbortSignal): Promise<SendOutcome>;
  close(): Promise<void>;
}
