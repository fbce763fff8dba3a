/**
 * The crash-proof rule for changing one resource that stands, whatever its kind: intent first, look, make the one call that
 * brings it closer, look again, until nothing differs; then record that it is as wanted.
 *
 * It may be repeated from any point, by another worker too, because every call is chosen by what is seen: a resize that
 * somebody else began is confirmed when it leads to what is wanted, and taken back when it does not.
 */

import type { Difference } from '../domain/difference.ts';
import type { JsonObject } from '../domain/json.ts';
import { type Resource, resolveReferences } from '../domain/resource.ts';
import type { Observed } from '../ports/driver.ts';
import { cloudCall, withRetries } from './cloud-call.ts';
import { callContext, NodeFailed, type NodeWork, refOf } from './execution.ts';
import { waitFor } from './wait-for.ts';

/** A change that needs more calls than this does not come closer. */
const MOST_CALLS = 6;
/** How many listings in a row may miss it before it counts as gone. */
const MISSES_ALLOWED = 3;

type Look =
  | { readonly state: 'as wanted'; readonly outputs: JsonObject }
  | { readonly state: 'differs'; readonly observed: Observed; readonly differences: readonly Difference[] };

/** @throws NodeFailed, GaveUp, LeaseLost */
export async function ensureUpdated(work: NodeWork): Promise<void> {
  const { dependencies, execution, phase, node } = work;
  const { ledger } = dependencies.store;
  const resource = await ledger.intendUpdate(execution.lease, phase, node, execution.run.deploymentId);
  if (!resource) throw new NodeFailed(notThere(work));
  const wanted = resolveReferences(node.wanted, (key) => execution.resources.get(key));
  const outputs = await bringCloser(work, resource, wanted);
  await ledger.completeUpdate(execution.lease, phase, resource, { wanted, outputs });
  execution.resources.set(node.key, { ...resource, state: 'present', wanted, outputs });
}

async function bringCloser(work: NodeWork, resource: Resource, wanted: JsonObject): Promise<JsonObject> {
  for (let calls = 0; ; calls += 1) {
    const look = await withRetries(work, () => lookAt(work, resource, wanted));
    if (look.state === 'as wanted') return look.outputs;
    const beyond = look.differences.filter(({ fix }) => fix === 'replace');
    if (beyond.length > 0) throw new NodeFailed(needsAnother(work, beyond));
    if (calls >= MOST_CALLS) throw new NodeFailed(doesNotConverge(work, look.differences));
    await withRetries(work, () => change(work, resource, wanted));
  }
}

/** Looks first: after a failure that passed, the change may have been made. */
async function change(work: NodeWork, resource: Resource, wanted: JsonObject): Promise<void> {
  const { driver, dependencies, execution, phase, node } = work;
  const look = await lookAt(work, resource, wanted);
  if (look.state === 'as wanted' || !driver.update) return;
  const { observed, differences } = look;
  const detail = differences.map(sentenceOf).join('; ');
  await dependencies.store.ledger.recordNode(execution.lease, phase, node, { state: 'waiting', detail });
  const ref = refOf({ ...resource, wanted }, resource.providerId ?? '');
  await cloudCall(work, async () => driver.update?.(ref, { wanted, observed, differences }, callContext(work)));
}

/** Waits until the cloud is at rest with it. */
function lookAt(work: NodeWork, resource: Resource, wanted: JsonObject): Promise<Look> {
  const { driver } = work;
  let misses = 0;
  const check = (observed: Observed | undefined, tell: (detail: string) => void): Look | undefined => {
    if (!observed) {
      misses += 1;
      if (misses > MISSES_ALLOWED) throw new NodeFailed(notThere(work));
      return undefined;
    }
    misses = 0;
    const all = driver.compare?.(wanted, observed, resource.outputs) ?? [];
    const differences = all.filter(({ field }) => !work.node.leave?.includes(field));
    if (differences.length > 0) return { state: 'differs', observed, differences };
    // At rest, with nothing but what was accepted: it need not be ready (a server that may stay stopped).
    if (all.length > 0) return { state: 'as wanted', outputs: resource.outputs };
    const assessment = driver.assess(wanted, observed);
    if (assessment.state === 'failed') throw new NodeFailed(assessment.failure);
    if (assessment.state === 'ready') return { state: 'as wanted', outputs: assessment.outputs };
    tell(assessment.detail);
    return undefined;
  };
  const ref = refOf({ ...resource, wanted }, resource.providerId ?? '');
  return waitFor(work, ref, check);
}

function sentenceOf({ field, wanted, actual }: Difference): string {
  return `${field} is ${JSON.stringify(actual)} and is to be ${JSON.stringify(wanted)}`;
}

function notThere({ node }: NodeWork) {
  return {
    class: 'permanent',
    type: 'Vanished',
    message: `${node.key} is not there and so cannot be changed`,
    remedy: 'Look at the drift of the deployment and heal it first.',
  } as const;
}

function needsAnother({ node }: NodeWork, differences: readonly Difference[]) {
  return {
    class: 'permanent',
    type: 'NeedsReplacement',
    message: `${node.key} cannot be changed in place: ${differences.map(sentenceOf).join('; ')}`,
    remedy: 'Heal the deployment: that puts another in its place.',
  } as const;
}

function doesNotConverge({ node }: NodeWork, differences: readonly Difference[]) {
  return {
    class: 'permanent',
    type: 'NotConverging',
    message: `${node.key} is still not as wanted after ${MOST_CALLS} calls: ${differences.map(sentenceOf).join('; ')}`,
    remedy: 'Somebody else may be changing it; look at it in the cloud.',
  } as const;
}
