/**
 * Waiting for the cloud on behalf of a node, and telling what is being waited for: what was last seen, and when nothing can
 * be seen, why. Each is written once, when it changes; nobody waits for the writing but the node's own end, so that a late
 * note cannot overwrite it.
 */

import { type Failure, failureToJson } from '../domain/failure.ts';
import type { Observed, ResourceRef } from '../ports/driver.ts';
import { cloudCall } from './cloud-call.ts';
import type { NodeWork } from './execution.ts';

/**
 * @param observed undefined: it is not there
 * @param tell says what the cloud is doing with it
 * @returns an answer, which ends the waiting, or undefined
 */
export type Look<T> = (observed: Observed | undefined, tell: (detail: string) => void) => T | undefined;

/** @throws what `look` throws, CloudFailure, or the signal's reason */
export async function waitFor<T>(
  work: NodeWork,
  ref: ResourceRef,
  look: Look<T>,
  signal: AbortSignal = work.signal,
): Promise<T> {
  const notes = openNotes(work);
  const watch = {
    look: (observed: Observed | undefined) => {
      notes.troubled(undefined);
      return look(observed, notes.saw);
    },
    troubled: notes.troubled,
  };
  try {
    return await cloudCall(work, () => work.dependencies.poller.until(work.driver, ref, watch, signal));
  } finally {
    await notes.written();
  }
}

interface Notes {
  saw(detail: string): void;
  /** @param failure why nothing could be seen; undefined: something could */
  troubled(failure: Failure | undefined): void;
  written(): Promise<void>;
}

function openNotes({ dependencies, execution, phase, node }: NodeWork): Notes {
  const { ledger } = dependencies.store;
  let seen: string | undefined;
  let trouble: Failure | undefined;
  let writing: Promise<void> = Promise.resolve();
  const write = (): void => {
    const note = {
      state: 'waiting',
      ...(seen === undefined ? {} : { detail: seen }),
      ...(trouble === undefined ? {} : { error: failureToJson(trouble) }),
    } as const;
    writing = writing
      .then(() => ledger.recordNode(execution.lease, phase, node, note))
      .catch((error: unknown) => {
        execution.log.debug({ err: error, key: node.key }, 'a waiting note was not written');
      });
  };
  return {
    saw(detail) {
      if (detail === seen) return;
      seen = detail;
      write();
    },
    troubled(failure) {
      if (failure?.type === trouble?.type && failure?.message === trouble?.message) return;
      trouble = failure;
      write();
    },
    written: () => writing,
  };
}
