/**
 * Signatures of deliveries, as Standard Webhooks 1.0.0 has them, so that receivers can use its libraries:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */

import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

export function newSigningSecret(): Buffer {
  return randomBytes(SECRET_BYTES);
}

/** A secret as the receiver gets it. */
export function writtenSecret(secret: Buffer): string {
  return PREFIX + secret.toString('base64');
}

/**
 * The three headers that make a delivery provable. The timestamp is the attempt's, so that an old one cannot be replayed by
 * somebody else; the id stays.
 * @param now milliseconds since the epoch
 */
export function signedHeaders(
  secret: Buffer,
  { id, body }: { readonly id: string; readonly body: string },
  now: number,
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const timestamp = String(Math.floor(now / 1000));
  const hmac = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${hmac}` };
}
