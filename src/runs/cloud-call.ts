/**
 * Calling a driver from a run: its exceptions become failures, and failures that pass are tried again. Retrying is done
 * here, once for all kinds; what is repeated always begins with looking at what is there.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { type Failure, failureToJson } from '../domain/failure.ts';
import { retryDelayMs } from '../domain/retry-policy.ts';
import { LeaseLost } from '../ports/driver.ts';
import { StoreUnavailable } from '../ports/store.ts';
import { GaveUp, NodeFailed, type NodeWork } from './execution.ts';

/** A driver's failure on its way to the retry below. */
export class CloudFailure extends Error {
  readonly failure: Failure;
  constructor(failure: Failure, cause: unknown) {
    super(failure.message, { cause });
    this.name = 'CloudFailure';
    this.failure = failure;
  }
}

/** What passes through a driver's call without being the cloud's doing: `confirm` asks the database, a waiter gives up. */
const NOT_THE_CLOUDS = [LeaseLost, StoreUnavailable, NodeFailed, GaveUp, CloudFailure];

/** Makes one call of the node's driver. @throws CloudFailure, or LeaseLost and the signal's reason as they are */
export async function cloudCall<T>(work: NodeWork, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (work.signal.aborted || NOT_THE_CLOUDS.some((kind) => error instanceof kind)) throw error;
    throw new CloudFailure(work.driver.classify(error), error);
  }
}

/**
 * Attempts until one succeeds, a failure is permanent or the attempts are used up.
 * @throws NodeFailed
 */
export async function withRetries<T>(work: NodeWork, attemptOnce: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptOnce();
    } catch (error) {
      if (!(error instanceof CloudFailure)) throw error;
      const pause = retryDelayMs(attempt, error.failure, work.dependencies.random());
      if (pause === undefined) throw new NodeFailed(error.failure);
      await recordRetry(work, attempt, error.failure, pause);
      await delay(pause, undefined, { signal: work.signal });
    }
  }
}

async function recordRetry(work: NodeWork, attempt: number, failure: Failure, pauseMs: number): Promise<void> {
  const { dependencies, execution, phase, node } = work;
  execution.log.warn(
    { key: node.key, attempt, type: failure.type, retryInMs: pauseMs },
    'a call failed and is tried again',
  );
  await dependencies.store.ledger.recordNode(execution.lease, phase, node, {
    state: 'retrying',
    attempt: attempt + 1,
    detail: `${failure.message}; attempt ${attempt + 1} in ${(pauseMs / 1000).toFixed(1)} s`,
    error: failureToJson(failure),
    nextRetryInMs: pauseMs,
  });
}
