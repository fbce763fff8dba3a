/**
 * Ids and secrets from the machine's randomness.
 */

import { createHash, randomBytes } from 'node:crypto';
import type { Ids } from '../ports/ids.ts';

/** UUID version 7 (RFC 9562 §5.7): 48 bits of milliseconds since the epoch, then random bits, so ids sort by time. */
export function uuidV7(now: number, random: Uint8Array): string {
  const bytes = Buffer.from(random.subarray(0, 16));
  bytes.writeUIntBE(now, 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export const systemIds: Ids = {
  newId: () => uuidV7(Date.now(), randomBytes(16)),
  newKey: () => `gw_${randomBytes(32).toString('base64url')}`,
  hash: (text) => createHash('sha256').update(text).digest('hex'),
};
