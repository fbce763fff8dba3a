/**
 * Says of each deployment whether something of it takes far longer than usual. That is no failure: nothing is given up, a
 * person is told that it may be worth a look, and told again when it goes on.
 */

import { stalledCondition, stallLimits } from '../domain/stalled.ts';
import type { Logger } from '../ports/logger.ts';
import type { Store } from '../ports/store.ts';

export interface StallWatch {
  readonly store: {
    readonly stalls: Store['stalls'];
    readonly history: Store['history'];
    readonly deployments: Pick<Store['deployments'], 'setCondition'>;
  };
  readonly log: Logger;
}

/** One look at all runs. Servers that look at the same time say the same; what was said before is not said again. */
export async function tellStalled({ store, log }: StallWatch, signal: AbortSignal): Promise<boolean> {
  const sights = await store.stalls.look(stallLimits(await store.history.durations()));
  for (const { deploymentId, node, told } of sights) {
    if (signal.aborted) return false;
    const condition = stalledCondition(node, told);
    if (!condition || !(await store.deployments.setCondition(deploymentId, condition))) continue;
    log.info({ deploymentId, status: condition.status, said: condition.message }, 'whether a deployment is stalled');
  }
  return false;
}
