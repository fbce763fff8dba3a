/**
 * The crash-proof rule for a deed that leaves nothing to own, whatever its kind: record that it begins, do it, record what
 * came of it. A worker that finds it begun by an earlier one asks the actor what became of that. Unless it had ended, the
 * deed is begun anew if that is as good as once, and otherwise the run is held, because only a person can know.
 *
 * An outage of the database must not end a deed that goes on well: everything recorded here waits until it can be.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { canonicalJson } from '../domain/canonical-json.ts';
import type { RunPhase } from '../domain/deployment.ts';
import type { Event, EventType } from '../domain/event.ts';
import { type Failure, failureToJson } from '../domain/failure.ts';
import type { JsonObject } from '../domain/json.ts';
import type { PlanNode } from '../domain/plan.ts';
import type { ActContext, Actor, ActOrder, ActOutcome } from '../ports/actor.ts';
import { LeaseLost } from '../ports/driver.ts';
import type { StepContext } from '../ports/engine.ts';
import type { NewEvent, RunNode } from '../ports/run-store.ts';
import { StoreUnavailable } from '../ports/store.ts';
import type { NodeReport } from './execute-node.ts';
import type { Execution, RunDependencies } from './execution.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
const EVENTS_AT_ONCE = 500;

export interface ActWork {
  readonly dependencies: RunDependencies;
  readonly execution: Execution;
  readonly phase: RunPhase;
  readonly node: PlanNode;
  readonly context: StepContext;
}

/** @throws LeaseLost, and the reason of the worker's end, after which the whole node is done again */
export async function act(work: ActWork): Promise<NodeReport> {
  const { node, context, dependencies } = work;
  const actor = dependencies.actors?.get(node.kind);
  if (!actor) return fail(work, nobodyActs(node));
  const before = await persist(work, () => nodeSoFar(work));
  const order: ActOrder = {
    owner: work.execution.run.deploymentId,
    runId: work.execution.run.id,
    key: node.key,
    region: node.region,
    wanted: node.wanted,
    attempt: before ? before.attempt + 1 : 1,
  };
  try {
    const outcome = await outcomeOf(work, actor, order, before !== undefined);
    return await conclude(work, outcome);
  } catch (error) {
    if (error instanceof LeaseLost || error instanceof StoreUnavailable || context.signal.aborted) throw error;
    work.execution.log.error({ err: error, key: node.key }, 'a deed failed before it came to an end');
    return await fail(work, actor.classify(error));
  }
}

/** The node as an earlier worker left it, when it had begun. */
async function nodeSoFar({ dependencies, execution, phase, node }: ActWork): Promise<RunNode | undefined> {
  const nodes = await dependencies.store.runs.nodes(execution.run.id);
  return nodes.find((candidate) => candidate.phase === phase && candidate.key === node.key);
}

async function outcomeOf(work: ActWork, actor: Actor, order: ActOrder, isBegun: boolean): Promise<ActOutcome> {
  const { node, context } = work;
  const acting = await actContext(work);
  if (isBegun) {
    const earlier = await actor.recover(order, acting, await lastTold(work));
    if (earlier) return earlier;
    if (node.wanted['idempotent'] === false) return { result: {}, failure: interrupted(node) };
  }
  await record(work, { state: 'running', attempt: order.attempt });
  if (context.cancelRequested.aborted) return { result: {} };
  return actor.act(order, acting);
}

async function conclude(work: ActWork, { result, failure }: ActOutcome): Promise<NodeReport> {
  const { dependencies, execution, context } = work;
  // The worker is going: the next one asks the actor what became of it.
  context.signal.throwIfAborted();
  await persist(work, () => dependencies.store.runs.recordResult(execution.lease, result));
  const wasCut = failure === undefined ? Object.keys(result).length === 0 : failure.type === 'Cancelled';
  if (context.cancelRequested.aborted && wasCut) {
    await record(work, { state: 'skipped', detail: 'ended because the run was cancelled' });
    return 'skipped';
  }
  if (failure) return fail(work, failure);
  await record(work, { state: 'done' });
  return 'done';
}

async function fail(work: ActWork, failure: Failure): Promise<NodeReport> {
  const { execution, node } = work;
  execution.log.warn({ key: node.key, action: node.action, type: failure.type }, 'a node failed');
  await record(work, { state: 'failed', detail: failure.message, error: failureToJson(failure) });
  return 'failed';
}

type NodeChange = Parameters<RunDependencies['store']['ledger']['recordNode']>[3];

function record(work: ActWork, change: NodeChange): Promise<void> {
  const { dependencies, execution, phase, node } = work;
  return persist(work, () => dependencies.store.ledger.recordNode(execution.lease, phase, node, change));
}

async function actContext(work: ActWork): Promise<ActContext> {
  const { context, node } = work;
  const teller = await createTeller(work);
  return {
    signal: AbortSignal.any([context.signal, context.cancelRequested]),
    confirm: () => persist(work, () => context.confirm()),
    tell: (type, data) => teller({ type, key: node.key, data }),
  };
}

/**
 * Records events of the deed, each once: when the answer to a write is lost with the connection, the event may be there, and
 * is looked for before it is written again.
 */
async function createTeller(work: ActWork): Promise<(event: NewEvent) => Promise<void>> {
  const { dependencies, execution } = work;
  const { store } = dependencies;
  const { deploymentId } = execution.run;
  const heads = await persist(work, () => store.events.heads([deploymentId]));
  const last = heads.get(deploymentId)?.last ?? 0;
  return async (event) => {
    let isUnsure = false;
    await persist(work, async () => {
      if (isUnsure && (await isWritten(work, event, last))) return;
      isUnsure = true;
      await store.ledger.recordEvent(execution.lease, event);
    });
  };
}

async function isWritten(work: ActWork, { type, data = {} }: NewEvent, after: number): Promise<boolean> {
  const wanted = canonicalJson(data);
  let isThere = false;
  await eachEvent(work, after, (event) => {
    isThere ||= event.type === type && canonicalJson(event.data) === wanted;
  });
  return isThere;
}

/** What earlier attempts told last, by type. */
async function lastTold(work: ActWork): Promise<Map<EventType, JsonObject>> {
  const told = new Map<EventType, JsonObject>();
  await persist(work, () => eachEvent(work, 0, ({ type, data }) => void told.set(type, data)));
  return told;
}

/** Events of this run, in order. */
async function eachEvent(work: ActWork, after: number, look: (event: Event) => void): Promise<void> {
  const { id, deploymentId } = work.execution.run;
  for (let seq = after; ;) {
    const events = await work.dependencies.store.events.list(deploymentId, seq, EVENTS_AT_ONCE);
    for (const event of events) if (event.runId === id) look(event);
    const last = events.at(-1);
    if (!last) return;
    seq = last.seq;
  }
}

/** Waits out an outage of the database. @throws LeaseLost, and the reason of the worker's end */
async function persist<T>({ context, execution }: ActWork, deed: () => Promise<T>): Promise<T> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    context.signal.throwIfAborted();
    try {
      return await deed();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      execution.log.warn({ err: error, retryInMs: pause }, 'the database does not answer; the deed goes on meanwhile');
      await delay(pause, undefined, { signal: context.signal });
    }
  }
}

function nobodyActs({ kind }: PlanNode): Failure {
  const message = `nobody on this server knows how to act as ${kind}`;
  return { class: 'permanent', type: 'ActorNotConfigured', message, remedy: 'Run all servers in the same version.' };
}

function interrupted({ key }: PlanNode): Failure {
  return {
    class: 'permanent',
    type: 'Interrupted',
    message: `${key} was cut off in the middle when its server died or stopped, and it is declared as not idempotent, so it is not begun anew by itself`,
    remedy: 'Look at what it has done so far. Then retry, to begin it anew; or cancel, to leave things as they are.',
  };
}
