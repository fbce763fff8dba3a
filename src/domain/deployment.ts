/**
 * A deployment: the owner of resources that were asked for together, and what may be done to it in which state.
 */

import type { FailurePolicy } from './plan.ts';
import type { JsonObject } from './json.ts';
import type { TemplateBody } from './template.ts';

export const DEPLOYMENT_STATUSES = [
  'PENDING',
  'IN_PROGRESS',
  'COMPLETED',
  'FAILED',
  'SCALING',
  'UPDATING',
  'CONFIGURING',
  'DELETING',
  'DELETED',
] as const;
export type DeploymentStatus = (typeof DEPLOYMENT_STATUSES)[number];

export const RUN_KINDS = ['deploy', 'delete', 'rollback', 'scale', 'update', 'configure', 'heal'] as const;
export type RunKind = (typeof RUN_KINDS)[number];

export const RUN_STATUSES = ['pending', 'running', 'rolling_back', 'succeeded', 'failed', 'cancelled', 'held'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const NODE_STATES = ['pending', 'running', 'waiting', 'retrying', 'done', 'failed', 'skipped'] as const;
export type NodeState = (typeof NODE_STATES)[number];

/** `forward` executes the run's plan, `rollback` undoes it after a failure or a cancel. */
export const RUN_PHASES = ['forward', 'rollback'] as const;
export type RunPhase = (typeof RUN_PHASES)[number];

/** Something that exists although it should not, because its removal failed. */
export interface LeftOver {
  readonly key: string;
  readonly kind: string;
  readonly provider_id: string | null;
  /** Why it could not be removed: the cloud's own words. */
  readonly reason: string;
}

export interface DeploymentError {
  /** PascalCase failure type, for example `QuotaExceeded`. */
  readonly type: string;
  readonly message: string;
  /** Action and resource that failed, for example `create openstack.server server/web/2`. */
  readonly failed_activity: string;
  readonly rollback_completed: boolean;
  readonly left_over: readonly LeftOver[];
  readonly remedy?: string;
  readonly request_id?: string;
}

export const CONDITION_STATUSES = ['True', 'False', 'Unknown'] as const;

/** One observed aspect of a deployment, with its reason. There is one of each type. */
export interface Condition {
  /** PascalCase, for example `Degraded`. */
  readonly type: string;
  readonly status: (typeof CONDITION_STATUSES)[number];
  /** PascalCase, for machines. */
  readonly reason: string;
  /** One sentence for a person. */
  readonly message: string;
  /** When `status` last changed; RFC 3339. */
  readonly last_transition_time: string;
}

export type DriftPolicy = 'alert' | 'heal';
export const DRIFT_POLICIES: readonly DriftPolicy[] = ['alert', 'heal'];

export interface Budget {
  readonly amount_per_month: number;
  /** ISO 4217. */
  readonly currency: string;
}

/** What a run changes in what is wanted; the deployment adopts it when the run succeeds. */
export interface Target {
  readonly parameters: JsonObject;
  /** A merge patch (RFC 7396) on the template with its parameters merged in. */
  readonly overrides: JsonObject;
  /** What template, parameters and overrides come to; plans are made from it. */
  readonly config: TemplateBody;
}

export interface Deployment extends Target {
  readonly id: string;
  readonly name: string;
  readonly status: DeploymentStatus;
  readonly region: string;
  readonly templateName: string;
  readonly templateVersion: number;
  readonly failurePolicy: FailurePolicy;
  readonly conditions: readonly Condition[];
  readonly driftPolicy: DriftPolicy;
  readonly expiresAt: string | null;
  readonly budget: Budget | null;
  readonly metadata: JsonObject;
  readonly error: DeploymentError | null;
  /** Run in progress, or the held one. */
  readonly activeRun: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Run {
  readonly id: string;
  readonly deploymentId: string;
  readonly kind: RunKind;
  readonly status: RunStatus;
  readonly phase: RunPhase;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly error: DeploymentError | null;
  readonly result: JsonObject | null;
}

/** True while a run may still change something without being asked. */
export function runIsActive(run: { readonly status: RunStatus }): boolean {
  return run.status === 'pending' || run.status === 'running' || run.status === 'rolling_back';
}

/** What a person may ask of a deployment, given its state and its active or last run. */
export const deploymentCan = {
  cancel: (_: Pick<Deployment, 'status'>, run: Pick<Run, 'status' | 'kind'> | undefined): boolean =>
    run !== undefined &&
    run.kind !== 'delete' &&
    run.kind !== 'rollback' &&
    (runIsActive(run) || run.status === 'held'),
  retry: (d: Pick<Deployment, 'status'>, last: Pick<Run, 'status' | 'kind'>): boolean => {
    if (last.status === 'held') return true;
    if (d.status === 'FAILED') return last.kind !== 'delete';
    const isOver = last.status === 'failed' || last.status === 'cancelled';
    return d.status === 'COMPLETED' && isOver;
  },
  delete: (d: Pick<Deployment, 'status'>): boolean => d.status !== 'DELETED' && d.status !== 'DELETING',
} as const;
