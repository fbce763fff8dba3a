/**
 * Operations on deployments, their runs and their events.
 */

import { Type } from 'typebox';
import {
  CreateDeploymentBody,
  Deployment,
  DeploymentAccepted,
  DeploymentDeleting,
  DeploymentPage,
  DryRun,
  ListDeploymentsQuery,
  RunAccepted,
} from '../deployment.ts';
import { EventPage, ListEventsQuery } from '../event.ts';
import { acceptanceQuery } from '../foresight.ts';
import { Explanation } from '../explain.ts';
import type { OperationDefinition } from '../operation.ts';
import { Run, RunList } from '../run.ts';
import { nullable, timestamp, uuid } from '../shape.ts';

const DeploymentId = Type.Object({ id: uuid({ description: 'Id of the deployment.' }) });
const RunId = Type.Object({
  id: uuid({ description: 'Id of the deployment.' }),
  run_id: uuid({ description: 'Id of the run.' }),
});

export const deploymentOperations = {
  createDeployment: {
    method: 'POST',
    path: '/deployments',
    tag: 'deployments',
    summary: 'Deploy a template',
    description: 'Records the deployment and starts its run in one transaction. With `dry_run` it only plans.',
    access: 'write',
    query: Type.Object(
      {
        dry_run: Type.Boolean({
          default: false,
          description: 'Answer with the plan and what is foreseen of it; make and reserve nothing.',
        }),
        ...acceptanceQuery,
      },
      { additionalProperties: false },
    ),
    headers: Type.Object({
      'idempotency-key': Type.Optional(
        Type.String({
          pattern: '^[\\x20-\\x7e]{1,255}$',
          description: 'The same key with the same body answers with the deployment that the first request made.',
        }),
      ),
    }),
    body: nullable(CreateDeploymentBody),
    answers: {
      200: { description: 'The plan (`dry_run=true`).', schema: DryRun },
      202: { description: 'Accepted.', schema: DeploymentAccepted },
    },
    errors: [
      'unknown_template',
      'unknown_region',
      'invalid_template',
      'invalid_parameters',
      'invalid_ttl',
      'infeasible',
      'quota_exceeded',
      'over_budget',
      'plan_stale',
      'plan_applied',
      'not_found',
      'idempotency_conflict',
    ],
  },
  listDeployments: {
    method: 'GET',
    path: '/deployments',
    tag: 'deployments',
    summary: 'List deployments',
    access: 'read',
    query: ListDeploymentsQuery,
    answers: { 200: { description: 'One page.', schema: DeploymentPage } },
    errors: [],
  },
  getDeployment: {
    method: 'GET',
    path: '/deployments/{id}',
    tag: 'deployments',
    summary: 'Show a deployment',
    description: 'As it is, or with `at` as it was at that time; 404 for a time before its creation.',
    access: 'read',
    params: DeploymentId,
    query: Type.Object(
      { at: Type.Optional(timestamp({ description: 'Show it as it was then; to the microsecond.' })) },
      { additionalProperties: false },
    ),
    answers: { 200: { description: 'The deployment.', schema: Deployment } },
    errors: ['not_found'],
  },
  explainDeployment: {
    method: 'GET',
    path: '/deployments/{id}/explain',
    tag: 'deployments',
    summary: 'Explain why a deployment is where it is',
    description: 'One chain of causes from the deployment to the one fact that blocks it, and what a person can do.',
    access: 'read',
    params: DeploymentId,
    answers: { 200: { description: 'The explanation.', schema: Explanation } },
    errors: ['not_found'],
  },
  deleteDeployment: {
    method: 'DELETE',
    path: '/deployments/{id}',
    tag: 'deployments',
    summary: 'Delete a deployment and everything it owns',
    description: 'A run in progress is cancelled in order first. Asking again while it is deleted changes nothing.',
    access: 'write',
    params: DeploymentId,
    answers: { 202: { description: 'Accepted.', schema: DeploymentDeleting } },
    errors: ['not_found'],
  },
  cancelDeployment: {
    method: 'POST',
    path: '/deployments/{id}/cancel',
    tag: 'deployments',
    summary: 'Cancel the run in progress and undo what it made',
    access: 'write',
    params: DeploymentId,
    answers: { 202: { description: 'Accepted.', schema: RunAccepted } },
    errors: ['not_found', 'not_possible_now'],
  },
  retryDeployment: {
    method: 'POST',
    path: '/deployments/{id}/retry',
    tag: 'deployments',
    summary: 'Try a failed or held deployment again',
    access: 'write',
    params: DeploymentId,
    answers: { 202: { description: 'Accepted.', schema: RunAccepted } },
    errors: ['not_found', 'not_possible_now', 'run_in_progress'],
  },
  listEvents: {
    method: 'GET',
    path: '/deployments/{id}/events',
    tag: 'events',
    summary: 'List or stream what happened to a deployment',
    description:
      'With `Accept: text/event-stream` the events are streamed: `id` is the `seq`, `event` the type, `data` a ' +
      'DeploymentEvent. A stream resumes after the `Last-Event-ID` and ends with `event: end` once no run is active, ' +
      'unless `follow=true`. `limit` does not apply to a stream.',
    access: 'read',
    params: DeploymentId,
    query: ListEventsQuery,
    headers: Type.Object({
      'last-event-id': Type.Optional(
        Type.String({ pattern: '^[0-9]{0,9}$', description: 'Resume a stream after this `seq`; goes before `after`.' }),
      ),
    }),
    answers: { 200: { description: 'Events in order.', schema: EventPage, streams: true } },
    errors: ['not_found'],
  },
  listRuns: {
    method: 'GET',
    path: '/deployments/{id}/runs',
    tag: 'runs',
    summary: 'List the runs of a deployment',
    access: 'read',
    params: DeploymentId,
    answers: { 200: { description: 'All runs.', schema: RunList } },
    errors: ['not_found'],
  },
  getRun: {
    method: 'GET',
    path: '/deployments/{id}/runs/{run_id}',
    tag: 'runs',
    summary: 'Show a run with the state of every node',
    access: 'read',
    params: RunId,
    answers: { 200: { description: 'The run.', schema: Run } },
    errors: ['not_found'],
  },
} as const satisfies Record<string, OperationDefinition>;
