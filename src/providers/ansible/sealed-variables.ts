/**
 * Secret variables at rest: AES-256-GCM (NIST SP 800-38D) under a key that the database never sees, bound to the deployment
 * that they were given for.
 */

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = 'v1.';

export interface VariableSealer {
  seal(text: string, deploymentId: string): string;
  /** @throws Error when it was sealed with another key or for another deployment */
  open(sealed: string, deploymentId: string): string;
}

/** @param secretKey text of any form with at least 256 bits of randomness */
export function createVariableSealer(secretKey: string): VariableSealer {
  const key = Buffer.from(hkdfSync('sha256', secretKey, '', 'groundwork playbook variables', 32));
  return {
    seal(text, deploymentId) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(deploymentId));
      const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return VERSION + sealed.toString('base64url');
    },
    open(sealed, deploymentId) {
      const bytes = Buffer.from(sealed.slice(VERSION.length), 'base64url');
      const end = bytes.length - TAG_BYTES;
      const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(deploymentId)).setAuthTag(bytes.subarray(end));
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, end)), decipher.final()]).toString('utf8');
    },
  };
}
