/**
 * Why a deployment on which nothing goes on is as it is: what failed, what became of what the run had made, and what its
 * conditions say.
 */

import { instantOf } from './instant.ts';
import type { NodeFacts } from './blocking-node.ts';
import type { Condition, DeploymentError } from './deployment.ts';
import type { Blocking, Explanation, Link, Situation } from './explain.ts';
import { failureOf, inCloudsWords, roundedP90 } from './explain-node.ts';

/** Nothing blocks it; conditions that ask for attention are told, the weightiest first. */
export function explainRest({ deployment }: Situation): Explanation {
  const { name, status, conditions } = deployment;
  const troubles = TROUBLES.flatMap(([type, when]) =>
    conditions.filter((one) => one.type === type && one.status === when),
  );
  const [first] = troubles;
  const summary = first ? `${name} is ${status}, but ${first.message}` : `nothing blocks ${name}: it is ${status}`;
  return {
    summary,
    chain: [{ subject: 'deployment', statement: `is ${status}` }, ...troubles.map(conditionLink)],
    blocking: null,
    stalled: false,
    waiting: [],
  };
}

/** Conditions that ask for attention, and the status in which they do. */
const TROUBLES: readonly (readonly [type: string, status: Condition['status']])[] = [
  ['Degraded', 'True'],
  ['HealingStopped', 'True'],
  ['Drifted', 'True'],
  ['Configured', 'False'],
  ['Expiring', 'True'],
];

function conditionLink({ type, status, reason, message, last_transition_time: since }: Condition): Link {
  return { subject: 'deployment', statement: `${type} is ${status} since ${since} (${reason}): ${message}` };
}

/** The last run ended with an error. */
export function explainError(situation: Situation, error: DeploymentError): Explanation {
  const { deployment, run } = situation;
  const node = failedNode(situation, error);
  const what = whatFailed(error);
  const after = whatBecame(situation, error);
  const standing = deployment.status === 'FAILED' ? 'is FAILED:' : `is ${deployment.status}, but`;
  return {
    summary: `${deployment.name} ${standing} ${what}${after === '' ? '' : `; ${after}`}`,
    chain: [
      { subject: 'deployment', statement: `is ${deployment.status}` },
      ...(run
        ? [{ subject: 'run', statement: `the ${run.kind} ${run.status === 'held' ? 'is held' : run.status}` }]
        : []),
      ...(node ? [{ subject: node.key, statement: `${what}, at attempt ${node.attempt}` }] : []),
      ...wordsLink(node),
      ...(after === '' ? [] : [{ subject: 'run', statement: after }]),
      ...error.left_over.map(({ key, kind, provider_id: id, reason }) => ({
        subject: key,
        statement: `${kind} ${id ?? 'without a known id'} is left over: ${reason}`,
      })),
    ],
    blocking: error.type === 'Cancelled' ? null : blockingError(situation, error, node),
    stalled: false,
    waiting: [],
  };
}

function wordsLink(node: NodeFacts | undefined): Link[] {
  const failure = failureOf(node);
  if (!failure) return [];
  return [{ subject: 'cloud', statement: failure.words === undefined ? failure.message : `says "${failure.words}"` }];
}

function whatFailed({ type, message, failed_activity: activity }: DeploymentError): string {
  if (type === 'Cancelled') return message;
  const isNode = /^(create|update|delete|run) /.test(activity);
  return isNode ? `could not ${activity} (${type}): ${message}` : `${activity} failed (${type}): ${message}`;
}

function whatBecame({ run }: Situation, error: DeploymentError): string {
  const count = error.left_over.length;
  if (run?.status === 'held') return 'everything is kept until somebody retries, cancels or deletes it';
  if (count > 0) return `${count === 1 ? 'one resource' : `${count} resources`} could not be removed`;
  return error.rollback_completed ? 'everything that the run had made is gone again' : '';
}

/** The node that the error names; one that failed forward goes before one of the rollback. */
function failedNode({ nodes }: Situation, { failed_activity: activity }: DeploymentError): NodeFacts | undefined {
  const failed = nodes.filter(({ state, kind, key }) => state === 'failed' && activity.endsWith(`${kind} ${key}`));
  return failed.find(({ phase }) => phase === 'forward') ?? failed[0];
}

function namesOf(node: NodeFacts | undefined): Pick<Blocking, 'key' | 'kind' | 'action' | 'attempt'> {
  if (!node) return { key: null, kind: null, action: null, attempt: 0 };
  const { key, kind, action, attempt } = node;
  return { key, kind, action, attempt };
}

function blockingError(
  { run, deployment, durations, now }: Situation,
  error: DeploymentError,
  node: NodeFacts | undefined,
): Blocking {
  const since = node?.finishedAt ?? run?.finishedAt ?? deployment.updatedAt;
  return {
    ...namesOf(node),
    since,
    waitedMs: Math.max(0, now - instantOf(since)),
    usualP90Ms: node ? roundedP90(durations, { ...node, region: deployment.region }) : null,
    observation: null,
    ...inCloudsWords({ requestId: error.request_id, ...failureOf(node) }),
    nextRetryAt: null,
    remedy: error.remedy ?? (run?.status === 'held' ? AFTER_HOLD : AFTER_FAILURE),
  };
}

const AFTER_HOLD = 'Correct the cause and retry, or cancel, or delete the deployment.';
const AFTER_FAILURE = 'Correct the cause, then retry, or delete the deployment.';
