/**
 * The steps of the one workflow, with the world behind them. Each may be repeated: it finds in the store how far it came.
 */

import { type Conclusion, type RunSoFar, concludeRun, metadataOf, nextMove } from '../domain/conclude-run.ts';
import type { RunPhase } from '../domain/deployment.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { Plan } from '../domain/plan.ts';
import { planChange } from '../domain/plan-change.ts';
import { planDelete, planRollback } from '../domain/plan-removal.ts';
import type { Resource } from '../domain/resource.ts';
import type { GraphNode, StepContext } from '../ports/engine.ts';
import type { RunRecord } from '../ports/run-store.ts';
import { executeNode, type NodeReport } from './execute-node.ts';
import { endedNodes, type Execution, GaveUp, outcomesOf, type RunDependencies } from './execution.ts';
import { createFinder } from './finder.ts';
import { sweepRegions } from './sweep.ts';

type GraphJson = { key: string; dependsOn: string[] }[];

export interface RunSteps {
  begin(context: StepContext): Promise<GraphJson>;
  execute(phase: RunPhase, key: string, before: readonly NodeReport[], context: StepContext): Promise<NodeReport>;
  /** @returns the graph of the rollback, or null when nothing is to be undone */
  decide(context: StepContext): Promise<GraphJson | null>;
  /** @returns whether all was seen, and nothing is left that should be gone */
  sweep(context: StepContext): Promise<Json>;
  /** @param isSwept what `sweep` returned */
  conclude(context: StepContext, isSwept: Json): Promise<Json>;
  /** Ends a run that cannot be carried out for a reason of our own; what it made stays for a delete. */
  abandon(context: StepContext, reason: string): Promise<Json>;
}

export function createRunSteps(dependencies: RunDependencies): RunSteps {
  const { store } = dependencies;
  const executions = new WeakMap<StepContext, Promise<Execution>>();
  const executionOf = (context: StepContext): Promise<Execution> => {
    const standing = executions.get(context);
    if (standing) return standing;
    const made = openExecution(dependencies, context);
    executions.set(context, made);
    // A failed opening (the database is away) must not be remembered: the step is repeated.
    made.catch(() => executions.delete(context));
    return made;
  };

  return {
    async begin(context) {
      const { run } = await executionOf(context);
      return graphOf(run.plan.nodes);
    },
    async execute(phase, key, before, context) {
      return executeNode(dependencies, await executionOf(context), { phase, key, before, context });
    },
    async decide(context) {
      const execution = await executionOf(context);
      const { lease, run } = execution;
      const fresh = await freshRun(dependencies, lease.runId);
      if (fresh.rollbackPlan) {
        execution.plans.rollback = fresh.rollbackPlan;
        return graphOf(fresh.rollbackPlan.nodes);
      }
      if (nextMove(await soFar(dependencies, fresh)) === 'finish') return null;
      const plan = await planWayBack(dependencies, run);
      await store.runs.beginRollback(lease, plan, fresh.cancelRequestedAt ? 'cancelled' : 'failed');
      execution.plans.rollback = plan;
      return graphOf(plan.nodes);
    },
    async sweep(context) {
      return sweepRegions(dependencies, await executionOf(context), context);
    },
    async conclude(context, isSwept) {
      const execution = await executionOf(context);
      // An order to delete may come in while we conclude; then the conclusion is another one.
      while (!(await conclude(dependencies, execution, isSwept === true)));
      return null;
    },
    async abandon(context, reason) {
      while (!(await abandon(dependencies, context, reason)));
      return null;
    },
  };
}

async function openExecution(dependencies: RunDependencies, context: StepContext): Promise<Execution> {
  const { store, log } = dependencies;
  const lease = { runId: context.runId, fence: context.fence };
  const run = await store.runs.begin(lease);
  const [deployment, resources, generations, ended] = await Promise.all([
    store.deployments.get(run.deploymentId),
    store.ledger.resources(run.deploymentId),
    store.ledger.generations(run.deploymentId),
    endedNodes(store, run.id),
  ]);
  const giveUp = new AbortController();
  const hasFailed = run.plan.nodes.some(({ key }) => ended.get(`forward ${key}`) === 'failed');
  if (run.plan.failurePolicy === 'rollback' && hasFailed) giveUp.abort(new GaveUp());
  return {
    run,
    plans: { forward: run.plan, rollback: run.rollbackPlan },
    lease,
    regions: regionsOf(run, deployment?.region),
    resources: new Map(resources.map((resource) => [resource.key, resource])),
    generations,
    ended,
    finder: createFinder(run.deploymentId),
    log: log.child({ deploymentId: run.deploymentId, runId: run.id }),
    giveUp,
  };
}

async function conclude(dependencies: RunDependencies, execution: Execution, isSwept: boolean): Promise<boolean> {
  const { store } = dependencies;
  const { run, lease, log } = execution;
  const fresh = await freshRun(dependencies, run.id);
  const news = await soFar(dependencies, fresh);
  const summary = { ...news, cancelRequested: news.cancelRequested && cancelCameInTime(fresh, news) };
  const [undoing, ledger, durations] = await Promise.all([
    outcomesOf(store, run.id, 'rollback'),
    store.ledger.resources(run.deploymentId),
    store.history.durations(),
  ]);
  const end = concludeRun(summary, shouldBeGone(fresh, ledger), undoing);
  const next = end.followedByDelete
    ? { id: dependencies.newId(), kind: 'delete' as const, plan: planDelete(ledger, durations) }
    : undefined;
  const { thenDelete } = summary;
  const ended = await store.runs.finish(lease, {
    ...end,
    ...whatChanges(run, end),
    thenDelete,
    leftOver: end.error?.left_over ?? [],
    sweepIncomplete: !isSwept,
    ...(next ? { next } : {}),
  });
  if (!ended) return false;
  dependencies.measurements.runFinished({ kind: run.kind, status: end.status });
  log.info({ kind: run.kind, status: end.status, deploymentStatus: end.deploymentStatus }, 'the run has ended');
  return true;
}

/** A cancel that came after the decision to keep what was made, or after everything was done, came too late. */
function cancelCameInTime({ phase, kind }: RunRecord, { outcomes }: RunSoFar): boolean {
  const isNotUndone = kind === 'configure' || kind === 'heal';
  return isNotUndone ? outcomes.some(({ state }) => state !== 'done') : phase === 'rollback';
}

/** Rows of the ledger for which there is no good reason any more. */
function shouldBeGone({ id, kind, phase, plan }: RunRecord, ledger: readonly Resource[]): readonly Resource[] {
  if (kind === 'delete' || kind === 'rollback') return ledger;
  if (kind === 'deploy') return ledger.filter(({ runId }) => phase === 'rollback' && runId === id);
  // What is held is kept, begun or not.
  if (plan.failurePolicy === 'hold') return [];
  return ledger.filter(({ state }) => state === 'creating' || state === 'deleting');
}

/** What is wanted changes when the run succeeds; a removal is decided for good, whether or not it has succeeded yet. */
function whatChanges(
  { kind, request, target, plan }: RunRecord,
  { status }: Conclusion,
): { adopt: boolean; metadata: JsonObject } {
  const adopt = target !== null && (status === 'succeeded' || plan.failurePolicy === 'continue');
  return { adopt, metadata: status === 'succeeded' ? metadataOf(kind, request, new Date().toISOString()) : {} };
}

/** A deploy is undone; from a change the way leads back to what was wanted before it. */
async function planWayBack({ store, regions }: RunDependencies, run: RunRecord): Promise<Plan> {
  const [deployment, ledger, durations] = await Promise.all([
    store.deployments.get(run.deploymentId),
    store.ledger.resources(run.deploymentId),
    store.history.durations(),
  ]);
  const region = deployment && regions.get(deployment.region);
  if (run.kind === 'deploy' || !region) return planRollback(ledger, run.id, durations);
  const owner = { ...deployment, provider: region.provider, failurePolicy: 'continue' } as const;
  return planChange(owner, deployment.config, {
    ledger,
    durations,
    updatable: (kind) => region.driver(kind)?.updatable ?? [],
  });
}

async function freshRun({ store }: RunDependencies, runId: string): Promise<RunRecord> {
  const run = await store.runs.get(runId);
  if (!run) throw new Error(`run ${runId} is not in the database`);
  return run;
}

async function soFar({ store }: RunDependencies, run: RunRecord): Promise<RunSoFar> {
  return {
    kind: run.kind,
    failurePolicy: run.plan.failurePolicy,
    cancelRequested: run.cancelRequestedAt !== null,
    thenDelete: run.thenDelete,
    outcomes: await outcomesOf(store, run.id, 'forward'),
  };
}

function graphOf(nodes: readonly GraphNode[]): GraphJson {
  return nodes.map(({ key, dependsOn }) => ({ key, dependsOn: [...dependsOn] }));
}

/** Names of the regions that a run may have touched: the deployment's own even when the plan has nothing to do there. */
export function regionsOf(run: RunRecord, own: string | undefined): string[] {
  return [...new Set([...(own === undefined ? [] : [own]), ...run.plan.nodes.map((node) => node.region)])];
}

async function abandon(
  { store, log, measurements }: RunDependencies,
  context: StepContext,
  reason: string,
): Promise<boolean> {
  const run = await store.runs.get(context.runId);
  if (!run || run.finishedAt !== null) return true;
  log.error({ runId: run.id, reason }, 'a run was abandoned for a reason of our own');
  const error = {
    type: 'InternalError',
    message: reason,
    failed_activity: `${run.kind} (the run itself)`,
    rollback_completed: false,
    left_over: [],
    remedy: 'Report this with the id of the run; delete the deployment to remove what it made.',
  };
  const { thenDelete } = run;
  const end = { status: 'failed', error, deploymentStatus: 'FAILED', leftOver: [], thenDelete } as const;
  if (!(await store.runs.finish(context, end))) return false;
  measurements.runFinished({ kind: run.kind, status: 'failed' });
  return true;
}
