/**
 * Warns of the end of deployments that have one, and orders their deletion when it has come: the ordinary one, which ends a
 * run in progress in order.
 */

import { GroundworkError } from '../domain/errors.ts';
import type { ExpiryStore } from '../ports/expiry-store.ts';
import type { Logger } from '../ports/logger.ts';

export interface ExpiryDependencies {
  readonly expiries: Pick<ExpiryStore, 'look'>;
  readonly deleteDeployment: (id: string) => Promise<unknown>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/**
 * Looks after one deployment. Whoever dies between telling that it is over and ordering the deletion is followed by somebody
 * who looks again a minute later.
 * @returns whether there was one to look after
 */
export async function expireDeployment({ expiries, deleteDeployment, now, log }: ExpiryDependencies): Promise<boolean> {
  const looked = await expiries.look(now());
  if (!looked) return false;
  const { deploymentId, isOver } = looked;
  if (!isOver) return true;
  log.info({ deploymentId }, 'a deployment has expired: deleting it');
  try {
    await deleteDeployment(deploymentId);
  } catch (error) {
    // Gone meanwhile, or changing too fast just now: whoever looks next sees which.
    if (!(error instanceof GroundworkError)) throw error;
    log.info({ deploymentId, reason: error.detail }, 'an expired deployment was not deleted yet');
  }
  return true;
}
