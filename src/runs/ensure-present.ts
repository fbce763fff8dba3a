/**
 * The crash-proof rule for making one resource, whatever its kind:
 * intent first, owner mark in the first call, look before every create, fenced writes.
 *
 * It may be repeated from any point. What tells how far an earlier attempt came is the ledger's row, and where the row
 * cannot know (the answer of a create was lost), the mark on the object itself.
 */

import type { OwnerMark } from '../domain/owner-mark.ts';
import type { PlanNode } from '../domain/plan.ts';
import { type Resource, resolveReferences } from '../domain/resource.ts';
import type { Assessment, Observed } from '../ports/driver.ts';
import { cloudCall, withRetries } from './cloud-call.ts';
import { ensureAbsent } from './ensure-absent.ts';
import { callContext, NodeFailed, type NodeWork, refOf } from './execution.ts';
import { type Look, waitFor } from './wait-for.ts';

/** How many listings in a row may miss a new object before it counts as gone: lists can lag behind. */
const MISSES_ALLOWED = 3;

/** @throws NodeFailed, GaveUp, LeaseLost */
export async function ensurePresent(work: NodeWork): Promise<void> {
  const { execution, node } = work;
  if (mustGoFirst(node, execution.resources.get(node.key))) await ensureAbsent(work, 'in between');
  if (execution.resources.get(node.key)?.state === 'present') return noteStanding(work);
  await recordIntent(work);
  await withRetries(work, () => attempt(work));
}

/** What has taken its place already is of a later generation. */
function mustGoFirst({ replaces }: PlanNode, standing: Resource | undefined): boolean {
  if (replaces === undefined || !standing || standing.state === 'deleted') return false;
  return standing.generation <= replaces;
}

/** It was made before: by an earlier run, or by this one just before the worker died. */
async function noteStanding({ dependencies, execution, phase, node }: NodeWork): Promise<void> {
  await dependencies.store.ledger.recordNode(execution.lease, phase, node, {
    state: 'done',
    detail: 'was there already',
  });
}

async function recordIntent(work: NodeWork): Promise<void> {
  const { dependencies, execution, phase, node } = work;
  const owner = execution.run.deploymentId;
  const known = execution.resources.get(node.key);
  const living = known !== undefined && known.state !== 'deleted';
  const generation = living ? known.generation : (execution.generations.get(node.key) ?? 0) + 1;
  const wanted = living ? known.wanted : resolveReferences(node.wanted, (key) => execution.resources.get(key));
  const resource = await dependencies.store.ledger.intend(execution.lease, phase, node, { owner, generation, wanted });
  execution.resources.set(node.key, resource);
  execution.generations.set(node.key, resource.generation);
}

async function attempt(work: NodeWork): Promise<void> {
  const { driver } = work;
  const resource = current(work);
  if (resource.providerId === null) {
    const made = await findOrCreate(work, resource);
    const assessment = made.observed && driver.assess(resource.wanted, made.observed);
    if (assessment?.state === 'ready') return complete(work, resource, made.providerId, assessment);
    await identify(work, resource, made.providerId);
  }
  await completeOneOf(work, new Set());
}

async function identify(work: NodeWork, resource: Resource, providerId: string): Promise<void> {
  const { dependencies, execution, node } = work;
  await dependencies.store.ledger.recordProviderId(execution.lease, resource, providerId);
  execution.resources.set(node.key, { ...resource, providerId });
}

/**
 * A call of an earlier attempt may land although it was looked for and not found: a cloud can take seconds to show what it
 * is about to make. Of two objects with one mark the cloud may then let the later one fail, for want of the address that the
 * earlier one has: so one that failed gives way to its twin, and the sweep removes it.
 */
async function completeOneOf(work: NodeWork, failed: ReadonlySet<string>): Promise<void> {
  const { execution } = work;
  const waiting = current(work);
  const providerId = waiting.providerId ?? '';
  const end = await waitForAnEnd(work, waiting);
  if (end.state === 'ready') return complete(work, waiting, providerId, end);
  const tried = new Set([...failed, providerId]);
  const found = await cloudCall(work, () => execution.finder.find(work.driver, markOf(waiting), callContext(work)));
  const twin = found.find((object) => !tried.has(object.providerId));
  if (!twin) throw new NodeFailed(end.failure);
  execution.log.info({ key: waiting.key, failed: providerId, providerId: twin.providerId }, 'adopting its twin');
  await identify(work, waiting, twin.providerId);
  await completeOneOf(work, tried);
}

function markOf({ owner, key, generation }: Resource): OwnerMark {
  return { owner, key, generation };
}

function current({ execution, node }: NodeWork): Resource {
  const resource = execution.resources.get(node.key);
  if (!resource) throw new Error(`no intent was recorded for ${node.key}`);
  return resource;
}

async function findOrCreate(work: NodeWork, resource: Resource): Promise<{ providerId: string; observed?: Observed }> {
  const { driver, execution } = work;
  const mark = markOf(resource);
  return cloudCall(work, async () => {
    const [oldest] = await execution.finder.find(driver, mark, callContext(work));
    if (oldest) {
      execution.log.info({ key: resource.key, providerId: oldest.providerId }, 'adopting what an earlier attempt made');
      return { providerId: oldest.providerId };
    }
    return driver.create(resource.wanted, mark, callContext(work));
  });
}

type End = Exclude<Assessment, { state: 'pending' }>;

async function waitForAnEnd(work: NodeWork, resource: Resource): Promise<End> {
  const { driver, execution } = work;
  const ref = refOf(resource, resource.providerId ?? '');
  let misses = 0;
  const look: Look<End> = (observed, tell) => {
    if (!observed) {
      misses += 1;
      if (misses > MISSES_ALLOWED) throw new NodeFailed(vanished(resource));
      return undefined;
    }
    misses = 0;
    const assessment = driver.assess(resource.wanted, observed);
    if (assessment.state !== 'pending') return assessment;
    tell(assessment.detail);
    return undefined;
  };
  // What the way back makes is waited for in any case.
  const signal = work.phase === 'forward' ? AbortSignal.any([work.signal, execution.giveUp.signal]) : work.signal;
  return waitFor(work, ref, look, signal);
}

async function complete(
  work: NodeWork,
  resource: Resource,
  providerId: string,
  ready: Assessment & { state: 'ready' },
): Promise<void> {
  const { dependencies, execution, phase, node } = work;
  const { outputs } = ready;
  await dependencies.store.ledger.complete(execution.lease, phase, resource, { providerId, outputs });
  execution.resources.set(node.key, { ...resource, state: 'present', providerId, outputs });
}

function vanished(resource: Resource) {
  return {
    class: 'permanent',
    type: 'Vanished',
    message: `${resource.kind} ${resource.providerId} is gone although nobody here removed it`,
    remedy: 'Find out who else works in this project, then deploy again.',
  } as const;
}
