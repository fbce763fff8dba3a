/**
 * Secrets of webhooks at rest. Signing needs the secret itself, so it cannot be hashed; it is encrypted with a key that the
 * database never sees. Whoever has a copy of the database alone can sign nothing.
 *
 * AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits; the webhook's id is bound in, so that one sealed secret
 * cannot be put in another's place.
 */

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = 'v1';

export interface Sealer {
  seal(secret: Buffer, webhookId: string): string;
  /** @throws Error when it was sealed with another key, or changed */
  open(sealed: string, webhookId: string): Buffer;
}

/** @param secretKey text of any form with at least 256 bits of randomness */
export function createSealer(secretKey: string): Sealer {
  const key = Buffer.from(hkdfSync('sha256', secretKey, '', 'groundwork webhook secrets', 32));
  return {
    seal(secret, webhookId) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(webhookId));
      const parts = [nonce, cipher.update(secret), cipher.final()];
      return `${VERSION}.${Buffer.concat([...parts, cipher.getAuthTag()]).toString('base64url')}`;
    },
    open(sealed, webhookId) {
      const bytes = Buffer.from(sealed.slice(VERSION.length + 1), 'base64url');
      const [end, nonce] = [bytes.length - TAG_BYTES, bytes.subarray(0, NONCE_BYTES)];
      const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(webhookId)).setAuthTag(bytes.subarray(end));
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, end)), decipher.final()]);
    },
  };
}
