/**
 * Puts expiry together: what the configuration allows, and the loop that warns and deletes.
 */

import type { Caller } from '../app/app.ts';
import type { Config } from '../config/load-config.ts';
import { parseTtl } from '../domain/ttl.ts';
import type { Logger } from '../ports/logger.ts';
import type { Store } from '../ports/store.ts';
import { expireDeployment } from '../reconcilers/expire-deployments.ts';
import { createReconciler } from '../reconcilers/reconciler.ts';
import type { Closers } from './closers.ts';

/** How late a warning or a deletion may be. */
const LOOK_EVERY_MS = 5_000;

/** Who asks for the deletion of what has expired. */
export const EXPIRY: Caller = { keyId: 'expiry', name: 'expiry', scope: 'write' };

export function longestTtls({ regions }: Config): (region: string) => number | undefined {
  return (region) => {
    const text = regions[region]?.max_ttl;
    const parsed = text === undefined ? undefined : parseTtl(text);
    return parsed && 'ms' in parsed ? parsed.ms : undefined; // the loader has refused all others
  };
}

export function startExpiry(
  parts: { store: Store; deleteDeployment: (id: string) => Promise<unknown>; log: Logger },
  closers: Closers,
): void {
  const { store, deleteDeployment, log } = parts;
  const dependencies = { expiries: store.expiries, deleteDeployment, now: Date.now, log };
  const reconciler = createReconciler({
    name: 'expiry',
    everyMs: LOOK_EVERY_MS,
    deed: () => expireDeployment(dependencies),
    log,
  });
  reconciler.start();
  closers.add('expiry', () => reconciler.stop());
}
