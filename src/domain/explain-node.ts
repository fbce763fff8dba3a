/**
 * What there is to say about the node that holds a run up: what it does, since when, what the cloud says, when it is tried
 * again, and what a person can do.
 */

import { instantOf, writtenInstant } from './instant.ts';
import type { Blocker, NodeFacts } from './blocking-node.ts';
import { type Durations, pastOf } from './estimate.ts';
import type { Blocking, Link, Situation } from './explain.ts';
import type { Failure } from './failure.ts';
import type { NodeAction, PlanNode } from './plan.ts';
import { spellDuration } from './spell-duration.ts';
import { stallLimitMs } from './stalled.ts';

const TO_DO = { present: 'create', update: 'change', absent: 'delete', act: 'run' } as const;
const BEING_DONE = { present: 'being created', update: 'being changed', absent: 'being deleted', act: 'being run' };

/** Whether a node that has begun takes longer than nine of ten of its kind; without history, than its estimate. */
export function isLate(durations: Durations, node: PlanNode, { startedAt }: NodeFacts, now: number): boolean {
  if (startedAt === null) return false;
  return now - instantOf(startedAt) > (pastOf(durations, node)?.p90 ?? node.estimateMs);
}

export interface NodeExplanation {
  /** A clause: what is the matter with it. */
  readonly fact: string;
  readonly links: readonly Link[];
  readonly blocking: Blocking;
  readonly stalled: boolean;
}

export function explainNode(situation: Situation, { node, facts }: Blocker): NodeExplanation {
  const { run, now, durations, ledger } = situation;
  const since = facts?.startedAt ?? beginOf(run) ?? writtenInstant(now);
  const waitedMs = Math.max(0, now - instantOf(since));
  const stalled = facts !== undefined && waitedMs > stallLimitMs(durations, node);
  const failure = failureOf(facts);
  const providerId = ledger.find(({ key }) => key === node.key)?.providerId ?? null;
  const told: Told = { node, facts, failure, providerId, waitedMs, now };
  const usual = usualTime(durations, node, waitedMs);
  const blocking = {
    key: node.key,
    kind: node.kind,
    action: node.action,
    since,
    waitedMs,
    usualP90Ms: roundedP90(durations, node),
    observation: observationIn(facts, failure),
    ...inCloudsWords(failure),
    ...attemptsOf(facts),
    remedy: remedyFor(told, stalled),
  };
  const place = providerId === null ? node.kind : `${node.kind} ${providerId}`;
  const doing = { subject: node.key, statement: `${place} is ${BEING_DONE[node.action]}${usual}` };
  const own = facts ? [doing, { subject: 'cloud', statement: factOf(told, '') }] : [doing];
  return { fact: factOf(told, usual), links: own, blocking, stalled };
}

function beginOf(run: Situation['run']): string | undefined {
  return run?.startedAt ?? run?.createdAt;
}

function observationIn(facts: NodeFacts | undefined, failure: Failure | undefined): string | null {
  return facts?.state === 'waiting' && failure?.class !== 'in-use' ? facts.detail : null;
}

/** What the cloud itself said, and the id under which it knows of it. */
export function inCloudsWords(
  failure: { readonly words?: string | undefined; readonly requestId?: string | undefined } | undefined,
): Pick<Blocking, 'cloudWords' | 'requestId'> {
  return { cloudWords: failure?.words ?? null, requestId: failure?.requestId ?? null };
}

function attemptsOf(facts: NodeFacts | undefined): Pick<Blocking, 'attempt' | 'nextRetryAt'> {
  return { attempt: facts?.attempt ?? 0, nextRetryAt: facts?.nextRetryAt ?? null };
}

interface Told {
  readonly node: PlanNode;
  readonly facts: NodeFacts | undefined;
  readonly failure: Failure | undefined;
  readonly providerId: string | null;
  readonly waitedMs: number;
  readonly now: number;
}

/** @param usual what is known of others of its kind, for a node that is only waited for */
function factOf(told: Told, usual: string): string {
  const { node, facts, failure } = told;
  if (!facts) return 'it may begin, and has not yet';
  if (facts.state === 'retrying' && failure) return `${refusalOf(node.action, failure)}; ${nextAttempt(told)}`;
  if (failure?.class === 'in-use') {
    return `the cloud refuses to ${TO_DO[node.action]} it while something uses it (${failure.type})${quoted(failure)}; ${nextLook(told)}`;
  }
  if (failure) {
    const seen = facts.detail === null ? '' : `; when last seen it was ${facts.detail}`;
    return `the cloud cannot be observed (${failure.type}: ${failure.message})${seen}`;
  }
  if (facts.state === 'waiting') return `the cloud says ${facts.detail}${usual}`;
  return told.providerId === null && node.action === 'present'
    ? `the cloud has not answered yet, or the call waits for its turn at the region${usual}`
    : `it is ${BEING_DONE[node.action]}${usual}`;
}

function refusalOf(action: NodeAction, failure: Failure): string {
  const what = TO_DO[action];
  if (failure.class === 'unknown-outcome') {
    return `the answer to an attempt to ${what} it was lost (${failure.type}: ${failure.message})`;
  }
  if (failure.type === 'Unreachable') return `the cloud cannot be reached (${failure.message})`;
  const status = failure.status === undefined ? '' : `, ${failure.status}`;
  return failure.words === undefined
    ? `an attempt to ${what} it failed (${failure.type}${status}): ${failure.message}`
    : `the cloud refused to ${what} it (${failure.type}${status})${quoted(failure)}`;
}

function quoted({ words, message }: Failure): string {
  return words === undefined ? `: ${message}` : `: "${words}"`;
}

function nextAttempt({ facts, failure, now }: Told): string {
  const looks = failure?.class === 'unknown-outcome' ? ', which begins with a look whether it is there,' : '';
  const attempt = `attempt ${facts?.attempt}${looks}`;
  if (!facts?.nextRetryAt) return `${attempt} follows`;
  const left = instantOf(facts.nextRetryAt) - now;
  return left > 0 ? `${attempt} follows in ${spellDuration(left)}` : `${attempt} is under way`;
}

function nextLook({ facts, now }: Told): string {
  const left = facts?.nextRetryAt ? instantOf(facts.nextRetryAt) - now : 0;
  return left > 0 ? `it is asked again in ${spellDuration(left)}` : 'it is asked again by now';
}

/** `, for 42 s; 9 of 10 take at most 35 s` */
function usualTime(durations: Durations, node: PlanNode, waitedMs: number): string {
  const past = pastOf(durations, node);
  const since = `, for ${spellDuration(waitedMs)}`;
  const isStalled = waitedMs > stallLimitMs(durations, node);
  if (!past) {
    const estimate = spellDuration(node.estimateMs);
    return isStalled ? `${since}, far more than the estimate of ${estimate}` : `${since} (estimate ${estimate})`;
  }
  if (isStalled) return `${since}, longer than 99 of 100 take (${spellDuration(past.p99)})`;
  const nine = `9 of 10 take at most ${spellDuration(past.p90)}`;
  return waitedMs > past.p90 ? `${since}, longer than usual (${nine})` : `${since} (${nine})`;
}

export function roundedP90(durations: Durations, subject: Pick<PlanNode, 'region' | 'kind' | 'action'>): number | null {
  const past = pastOf(durations, subject);
  return past ? Math.round(past.p90) : null;
}

/** The failure that is recorded of a node; written by `failureToJson`. */
export function failureOf(facts: NodeFacts | undefined): Failure | undefined {
  return facts?.error ? (facts.error as unknown as Failure) : undefined;
}

function remedyFor({ failure, facts, providerId, node }: Told, stalled: boolean): string {
  if (failure?.remedy !== undefined) return failure.remedy;
  if (failure?.class === 'in-use') {
    return `Remove what else uses ${providerId ?? node.key}; it is asked again for two minutes, then the node fails.`;
  }
  if (failure && facts?.state === 'waiting') {
    return 'Nothing is given up: it is looked at again every few seconds until its time is up. Look at GET /regions.';
  }
  if (failure) return 'Wait: it is tried three times by itself. If it fails, give the request id to the operators.';
  if (stalled) {
    const object = providerId === null ? 'the region (GET /regions)' : `${providerId} in the cloud`;
    return `Look at ${object}; wait, or cancel the run.`;
  }
  return 'Wait.';
}
