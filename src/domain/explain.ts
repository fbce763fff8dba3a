/**
 * Why a deployment is where it is: one causal chain from the deployment to the one fact that blocks it, and what a person can
 * do. Pure: everything that the sentences are made of is handed in.
 */

import { instantOf } from './instant.ts';
import { type Blocker, findBlocker, type NodeFacts } from './blocking-node.ts';
import type { Deployment, Run } from './deployment.ts';
import { runIsActive } from './deployment.ts';
import type { Durations } from './estimate.ts';
import { explainError, explainRest } from './explain-end.ts';
import { explainNode, isLate } from './explain-node.ts';
import type { NodeAction, Plan } from './plan.ts';
import type { Resource } from './resource.ts';
import { spellDuration } from './spell-duration.ts';

export interface Situation {
  readonly deployment: Deployment;
  /** The active or held run, else the last one. */
  readonly run: ExplainedRun | undefined;
  /** Of both phases. */
  readonly nodes: readonly NodeFacts[];
  readonly ledger: readonly Resource[];
  readonly durations: Durations;
  readonly region: RegionReach;
  readonly workers: Workers;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export type ExplainedRun = Pick<
  Run,
  'id' | 'kind' | 'status' | 'phase' | 'createdAt' | 'startedAt' | 'finishedAt' | 'error'
> & {
  readonly plan: Plan;
  readonly rollbackPlan: Plan | null;
  readonly cancelRequestedAt: string | null;
};

export interface RegionReach {
  readonly name: string;
  /** Null: it was not asked, or did not answer in time. */
  readonly reachable: boolean | null;
  readonly error: string | null;
}

/** Who executes the run. */
export interface Workers {
  /** How many give signs of life. */
  readonly living: number;
  /** The one that took the run up last; undefined when none has. */
  readonly holder: { readonly isAlive: boolean; readonly silentMs: number | null } | undefined;
  /** How often the run changed hands. */
  readonly takeOvers: number;
}

export interface Link {
  /** `deployment`, `run`, `worker`, `cloud`, `region`, or the key of a resource. */
  readonly subject: string;
  readonly statement: string;
}

export interface Blocking {
  /** Key of the resource; null when it is no node that blocks. */
  readonly key: string | null;
  readonly kind: string | null;
  readonly action: NodeAction | null;
  /** RFC 3339. */
  readonly since: string;
  readonly waitedMs: number;
  readonly usualP90Ms: number | null;
  /** What was last seen of it in the cloud. */
  readonly observation: string | null;
  readonly cloudWords: string | null;
  readonly requestId: string | null;
  readonly attempt: number;
  readonly nextRetryAt: string | null;
  readonly remedy: string;
}

export interface Explanation {
  /** One sentence. */
  readonly summary: string;
  readonly chain: readonly Link[];
  readonly blocking: Blocking | null;
  readonly stalled: boolean;
  /** Nodes that wait behind the one that blocks, counted by kind. */
  readonly waiting: readonly { readonly kind: string; readonly count: number }[];
}

export function explain(situation: Situation): Explanation {
  const { deployment, run } = situation;
  if (run && runIsActive(run)) return explainActive(situation, run);
  const error = run?.status === 'held' ? (run.error ?? deployment.error) : deployment.error;
  if (error) return explainError(situation, error);
  const degraded = deployment.conditions.find(({ type, status }) => type === 'Degraded' && status === 'True');
  return degraded && run?.error ? explainError(situation, run.error) : explainRest(situation);
}

function explainActive(situation: Situation, run: ExplainedRun): Explanation {
  const opening = [deploymentLink(situation, run), runLink(situation, run), ...takeOverLink(situation)];
  const unattended = whyUnattended(situation, run);
  if (unattended) {
    const { fact, remedy } = unattended;
    return {
      summary: `${situation.deployment.name} waits for a worker: ${fact}`,
      chain: [...opening, { subject: 'worker', statement: fact }],
      blocking: blockingRun(situation, run, remedy),
      stalled: false,
      waiting: [],
    };
  }
  const blocker = currentBlocker(situation, run);
  return blocker ? explainBlocker(situation, blocker, opening) : explainConclusion(situation, opening);
}

function currentBlocker({ nodes, durations, now }: Situation, run: ExplainedRun): Blocker | undefined {
  const plan = run.phase === 'rollback' ? run.rollbackPlan : run.plan;
  const begun = nodes.filter(({ phase }) => phase === run.phase);
  return findBlocker(plan?.nodes ?? [], begun, (node, facts) => isLate(durations, node, facts, now));
}

function explainBlocker(situation: Situation, blocker: Blocker, opening: readonly Link[]): Explanation {
  const { deployment, region } = situation;
  const { fact, links, blocking, stalled } = explainNode(situation, blocker);
  const line = blocker.line.map(({ key }, index) => {
    const next = blocker.line[index + 1]?.key ?? blocker.node.key;
    return { subject: key, statement: `cannot begin before ${next} is done` };
  });
  const isAway = region.reachable === false;
  const away = isAway ? [{ subject: 'region', statement: `${region.name} cannot be reached: ${region.error}` }] : [];
  const saidAlready = blocker.facts?.error ? '' : `; the region ${region.name} cannot be reached now`;
  return {
    summary: `${deployment.name} waits for ${blocker.node.key}: ${fact}${isAway ? saidAlready : ''}`,
    chain: [...opening, ...line, ...links, ...away],
    blocking,
    stalled,
    waiting: countByKind(blocker),
  };
}

function countByKind({ behind }: Blocker): Explanation['waiting'] {
  const counts = new Map<string, number>();
  for (const { kind } of behind) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => ({ kind, count })).toSorted((a, b) => b.count - a.count);
}

function explainConclusion({ deployment }: Situation, opening: readonly Link[]): Explanation {
  const fact = 'every resource has come to its end, and the cloud is looked through for strays';
  return {
    summary: `nothing blocks ${deployment.name}: ${fact}`,
    chain: [...opening, { subject: 'run', statement: fact }],
    blocking: null,
    stalled: false,
    waiting: [],
  };
}

function deploymentLink({ deployment }: Situation, run: ExplainedRun): Link {
  return { subject: 'deployment', statement: `is ${deployment.status} as long as its ${run.kind} goes on` };
}

function takeOverLink({ workers: { takeOvers: times } }: Situation): Link[] {
  if (times === 0) return [];
  const often = times === 1 ? 'once' : `${times} times`;
  return [{ subject: 'worker', statement: `it was taken over from another worker ${often}` }];
}

function runLink({ nodes, now }: Situation, run: ExplainedRun): Link {
  const plan = run.phase === 'rollback' ? run.rollbackPlan : run.plan;
  const total = plan?.nodes.length ?? 0;
  const done = nodes.filter(({ phase, state }) => phase === run.phase && state === 'done').length;
  const cancelled = run.cancelRequestedAt === null ? '' : '; it was ordered to stop';
  if (run.startedAt === null) {
    const age = spellDuration(now - instantOf(run.createdAt));
    return { subject: 'run', statement: `the ${run.kind} was accepted ${age} ago and has not begun${cancelled}` };
  }
  const doing = run.phase === 'rollback' ? 'is being undone' : 'is going on';
  const age = spellDuration(now - instantOf(run.startedAt));
  const failed = run.phase === 'rollback' ? forwardFailure(nodes) : '';
  return {
    subject: 'run',
    statement: `the ${run.kind}, begun ${age} ago, ${doing}: ${done} of ${total} done${failed}${cancelled}`,
  };
}

function forwardFailure(nodes: readonly NodeFacts[]): string {
  const failed = nodes.find(({ phase, state }) => phase === 'forward' && state === 'failed');
  return failed ? `; ${failed.key} had failed: ${failed.detail}` : '';
}

interface Unattended {
  readonly fact: string;
  readonly remedy: string;
}

const START_ONE = 'Start a Groundwork server on this database: `groundwork start`.';

/** The run is in nobody's hands, or in dead ones. */
function whyUnattended({ workers, now }: Situation, run: ExplainedRun): Unattended | undefined {
  const { living, holder } = workers;
  if (!holder || (run.startedAt === null && living === 0)) {
    if (living === 0) return { fact: 'no worker is alive to take the run up', remedy: START_ONE };
    const age = spellDuration(now - instantOf(run.createdAt));
    const fact = `the run is in the queue since ${age}, and ${living === 1 ? 'one worker is' : `${living} workers are`} alive`;
    return { fact, remedy: 'Wait; if it takes long, look at GET /health/ready and at the log of the servers.' };
  }
  if (holder.isAlive) return undefined;
  const silence = holder.silentMs === null ? '' : `, silent for ${spellDuration(holder.silentMs)}`;
  if (living === 0) {
    return { fact: `the worker that executed the run is gone${silence}, and no other is alive`, remedy: START_ONE };
  }
  const fact = `the worker that executed the run is gone${silence}; another one takes it over within seconds`;
  return { fact, remedy: 'Wait a few seconds.' };
}

function blockingRun({ now }: Situation, run: ExplainedRun, remedy: string): Blocking {
  const since = run.startedAt ?? run.createdAt;
  return {
    key: null,
    kind: null,
    action: null,
    since,
    waitedMs: Math.max(0, now - instantOf(since)),
    usualP90Ms: null,
    observation: null,
    cloudWords: null,
    requestId: null,
    attempt: 0,
    nextRetryAt: null,
    remedy,
  };
}
