/**
 * One node of a plan, from "may it start?" to a report that its successors can read. Nothing is thrown for a node's own
 * failure: a failed node is a result like another, and the plan's policy says what follows.
 */

import type { RunPhase } from '../domain/deployment.ts';
import { type Failure, failureToJson } from '../domain/failure.ts';
import type { NodeAction, PlanNode } from '../domain/plan.ts';
import { LeaseLost } from '../ports/driver.ts';
import type { StepContext } from '../ports/engine.ts';
import { StoreUnavailable } from '../ports/store.ts';
import { act } from './act.ts';
import { CloudFailure } from './cloud-call.ts';
import { openDeadline } from './deadline.ts';
import { ensureAbsent } from './ensure-absent.ts';
import { ensurePresent } from './ensure-present.ts';
import { ensureUpdated } from './ensure-updated.ts';
import { type Execution, GaveUp, NodeFailed, type NodeWork, type RunDependencies } from './execution.ts';

const DEFAULT_TIMEOUT_MS = 5 * 60_000;

export type NodeReport = 'done' | 'failed' | 'skipped';

interface Order {
  readonly phase: RunPhase;
  readonly key: string;
  readonly before: readonly NodeReport[];
  readonly context: StepContext;
}

/** @throws LeaseLost, and errors of the database, after which the whole node is done again */
export async function executeNode(
  dependencies: RunDependencies,
  execution: Execution,
  order: Order,
): Promise<NodeReport> {
  const node = nodeOf(execution, order);
  const ended = execution.ended.get(`${order.phase} ${order.key}`);
  if (ended !== undefined) return ended;
  const reason = whyNotStart(execution, order, node);
  if (reason !== undefined) return skip({ dependencies, execution, phase: order.phase, node }, reason);

  const began = performance.now();
  if (node.action === 'act') {
    const acted = await act({ dependencies, execution, phase: order.phase, node, context: order.context });
    if (acted !== 'skipped') report(dependencies, node, acted, began);
    return acted;
  }
  const work = openWork(dependencies, execution, order, node);
  if (!work) return fail({ dependencies, execution, phase: order.phase, node }, noDriver(node));
  const onCancel = (): void => {
    if (order.phase === 'forward' && stopsOnCancel(execution)) execution.giveUp.abort(new GaveUp());
  };
  order.context.cancelRequested.addEventListener('abort', onCancel);
  try {
    await ENSURE[node.action](work);
    report(dependencies, node, 'done', began);
    return 'done';
  } catch (error) {
    if (isNotTheNodes(error, work)) throw error;
    if (execution.giveUp.signal.aborted && !(error instanceof NodeFailed)) {
      return await skip(work, new GaveUp().message);
    }
    report(dependencies, node, 'failed', began);
    return await fail(work, failureOf(error, work));
  } finally {
    order.context.cancelRequested.removeEventListener('abort', onCancel);
    work.close();
  }
}

const ENSURE: Readonly<Record<Exclude<NodeAction, 'act'>, (work: NodeWork) => Promise<void>>> = {
  present: ensurePresent,
  update: ensureUpdated,
  absent: (work) => ensureAbsent(work, 'for good'),
};

function nodeOf({ run, plans }: Execution, { phase, key }: Order): PlanNode {
  const node = plans[phase]?.nodes.find((candidate) => candidate.key === key);
  if (!node) throw new Error(`run ${run.id} has no node ${key} in its ${phase} plan`);
  return node;
}

function whyNotStart(execution: Execution, { phase, before, context }: Order, node: PlanNode): string | undefined {
  if (before.some((report) => report !== 'done')) {
    return node.action === 'absent' ? 'something that has to go first is still there' : 'what it waits for is missing';
  }
  if (phase === 'rollback' || !stopsOnCancel(execution)) return undefined;
  if (context.cancelRequested.aborted) return 'the run was cancelled';
  return execution.giveUp.signal.aborted ? 'another node failed' : undefined;
}

/** A removal goes on: what is half removed is of no use. */
function stopsOnCancel({ run }: Execution): boolean {
  return run.kind !== 'delete' && run.kind !== 'rollback';
}

function openWork(
  dependencies: RunDependencies,
  execution: Execution,
  { phase, context }: Order,
  node: PlanNode,
): NodeWork | undefined {
  const region = dependencies.regions.get(node.region);
  const driver = region?.driver(node.kind);
  if (!region || !driver) return undefined;
  const limit = openDeadline(driver.timeoutMs ?? DEFAULT_TIMEOUT_MS, context.signal);
  return {
    dependencies,
    execution,
    phase,
    node,
    driver,
    region,
    context,
    signal: limit.signal,
    close: limit.clear,
  };
}

function noDriver({ kind, region }: PlanNode): Failure {
  const message = `the region ${region} is not configured, or has nothing of kind ${kind}`;
  return {
    class: 'permanent',
    type: 'RegionNotConfigured',
    message,
    remedy: `Declare regions.${region} in groundwork.yaml again.`,
  };
}

/** The worker's own end, or the database's trouble: the node is not judged by it. */
function isNotTheNodes(error: unknown, work: NodeWork): boolean {
  return error instanceof LeaseLost || error instanceof StoreUnavailable || work.context.signal.aborted;
}

function failureOf(error: unknown, work: NodeWork): Failure {
  if (error instanceof NodeFailed || error instanceof CloudFailure) return error.failure;
  if (work.signal.aborted) {
    const limit = (work.driver.timeoutMs ?? DEFAULT_TIMEOUT_MS) / 1000;
    return {
      class: 'permanent',
      type: 'Timeout',
      message: `${work.node.key} was not done within ${limit} s`,
      remedy: 'Look at the cloud; then deploy again.',
    };
  }
  work.execution.log.error({ err: error, key: work.node.key }, 'a node failed for a reason of our own');
  const message = error instanceof Error ? error.message : String(error);
  return { class: 'permanent', type: 'InternalError', message, remedy: 'Report this with the id of the run.' };
}

type NodeNote = Pick<NodeWork, 'dependencies' | 'execution' | 'phase' | 'node'>;

async function fail(
  { dependencies: { store }, execution, phase, node }: NodeNote,
  failure: Failure,
): Promise<NodeReport> {
  execution.log.warn(
    { key: node.key, action: node.action, type: failure.type, said: failure.message },
    'a node failed',
  );
  await store.ledger.recordNode(execution.lease, phase, node, {
    state: 'failed',
    detail: failure.message,
    error: failureToJson(failure),
  });
  if (phase === 'forward' && execution.run.plan.failurePolicy === 'rollback') execution.giveUp.abort(new GaveUp());
  return 'failed';
}

async function skip(
  { dependencies: { store }, execution, phase, node }: NodeNote,
  reason: string,
): Promise<NodeReport> {
  await store.ledger.recordNode(execution.lease, phase, node, { state: 'skipped', detail: reason });
  return 'skipped';
}

function report(
  { measurements }: RunDependencies,
  { kind, action }: PlanNode,
  result: 'done' | 'failed',
  began: number,
): void {
  measurements.nodeFinished({ kind, action, result }, (performance.now() - began) / 1000);
}
