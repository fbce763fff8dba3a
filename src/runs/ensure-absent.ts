/**
 * The crash-proof rule for removing one resource, whatever its kind: record the decision, remove what the ledger knows (or,
 * where an answer was lost, what carries the mark), wait until the cloud no longer has it, then record that it is gone.
 *
 * A cloud refuses to remove what others stand on. Those others may be on their way out, be left behind by the cloud itself,
 * or be twins that the ledger never knew; each refusal clears the latter two and waits for the first.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { type Failure, failureToJson } from '../domain/failure.ts';
import type { Resource } from '../domain/resource.ts';
import { IN_USE_PATIENCE_MS, inUseDelayMs } from '../domain/retry-policy.ts';
import type { ResourceRef } from '../ports/driver.ts';
import { CloudFailure, cloudCall, withRetries } from './cloud-call.ts';
import { callContext, NodeFailed, type NodeWork, refOf } from './execution.ts';
import { removeStrays } from './sweep.ts';
import { waitFor } from './wait-for.ts';

/** After this long a removal is asked for again: a cloud may accept one and then forget it. */
const REMIND_MS = 60_000;
/** A removal that takes longer is told of. */
const ORDINARY_MS = 3_000;
const REFUSALS_TO_TELL = 3;

/**
 * @param purpose `in between`: another takes its place, and the node is not done yet
 * @throws NodeFailed, LeaseLost
 */
export async function ensureAbsent(work: NodeWork, purpose: 'for good' | 'in between'): Promise<void> {
  const { dependencies, execution, phase, node } = work;
  const { ledger } = dependencies.store;
  const resource = await ledger.intendRemoval(execution.lease, phase, node, execution.run.deploymentId);
  if (!resource) {
    await ledger.recordNode(execution.lease, phase, node, { state: 'done', detail: 'was not there' });
    return;
  }
  for (const ref of await refsOf(work, resource)) await removeOne(work, ref);
  await ledger.completeRemoval(execution.lease, phase, resource, { isLast: purpose === 'for good' });
  execution.resources.set(node.key, { ...resource, state: 'deleted' });
}

async function refsOf(work: NodeWork, resource: Resource): Promise<ResourceRef[]> {
  if (resource.providerId !== null) return [refOf(resource, resource.providerId)];
  const { owner, key, generation } = resource;
  const find = () => work.execution.finder.find(work.driver, { owner, key, generation }, callContext(work));
  const found = await withRetries(work, () => cloudCall(work, find));
  return found.map((object) => refOf(resource, object.providerId));
}

async function removeOne(work: NodeWork, ref: ResourceRef): Promise<void> {
  const deadline = performance.now() + IN_USE_PATIENCE_MS;
  let said: string | undefined;
  for (let refusals = 1; ; refusals += 1) {
    const refused = await withRetries(work, () => attempt(work, ref));
    if (!refused) return;
    if (performance.now() > deadline) throw new NodeFailed(refused);
    await clearTheWay(work, ref, refusals);
    said = await tellRefusal(work, refused, { refusals, said });
    await delay(inUseDelayMs(refusals), undefined, { signal: work.signal });
  }
}

interface Told {
  readonly refusals: number;
  /** What the cloud said when it was told last. */
  readonly said: string | undefined;
}

/**
 * The first refusals are ordinary and soon over; of the others, a reason is told once and the time each time.
 * @returns what is told now
 */
async function tellRefusal(work: NodeWork, failure: Failure, { refusals, said }: Told): Promise<string | undefined> {
  const { dependencies, execution, phase, node } = work;
  const { ledger } = dependencies.store;
  const nextRetryInMs = inUseDelayMs(refusals);
  if (refusals < REFUSALS_TO_TELL) return undefined;
  const note = { state: 'waiting', detail: failure.message, error: failureToJson(failure), nextRetryInMs } as const;
  if (failure.message === said) await ledger.postpone(execution.lease, phase, node.key, nextRetryInMs);
  else await ledger.recordNode(execution.lease, phase, node, note);
  return failure.message;
}

/** @returns the refusal when the cloud says that it is in use */
async function attempt(work: NodeWork, ref: ResourceRef): Promise<Failure | undefined> {
  try {
    const answer = await cloudCall(work, () => work.driver.remove(ref, callContext(work)));
    if (answer === 'accepted') await waitUntilGone(work, ref);
    return undefined;
  } catch (error) {
    if (error instanceof CloudFailure && error.failure.class === 'in-use') return error.failure;
    throw error;
  }
}

async function waitUntilGone(work: NodeWork, ref: ResourceRef): Promise<void> {
  const began = performance.now();
  await waitFor<true>(work, ref, (observed, tell) => {
    const waitedMs = performance.now() - began;
    if (!observed) return true;
    if (waitedMs > REMIND_MS) throw new CloudFailure(stillThere(work, ref), undefined);
    const assessment = work.driver.assess(ref.wanted, observed);
    if (waitedMs > ORDINARY_MS && assessment.state === 'pending') tell(assessment.detail);
    return undefined;
  });
}

function stillThere(work: NodeWork, ref: ResourceRef): Failure {
  const message = `${work.node.kind} ${ref.providerId} is still there ${REMIND_MS / 1000} s after its removal was accepted`;
  return { class: 'transient', type: 'RemovalForgotten', message };
}

async function clearTheWay(work: NodeWork, ref: ResourceRef, refusals: number): Promise<void> {
  const { driver, region, execution, dependencies } = work;
  const behind =
    (await driver.leftBehind?.(ref, callContext(work)).catch((error: unknown) => {
      execution.log.warn({ err: error, key: work.node.key }, 'what is left behind could not be listed');
      return [];
    })) ?? [];
  for (const { kind, providerId } of behind) {
    const remover = region.driver(kind);
    execution.log.info({ key: work.node.key, kind, providerId }, 'removing what the cloud left behind');
    await remover?.remove({ ...ref, providerId }, callContext(work)).catch((error: unknown) => {
      execution.log.warn({ err: error, kind, providerId }, 'what is left behind could not be removed');
    });
  }
  // The first refusals are ordinary: something is still on its way out. Later ones may be a twin that nobody knows.
  if (refusals === 3) await removeStrays(dependencies, execution, work.context, region);
}
