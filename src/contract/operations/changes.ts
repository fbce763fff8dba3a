/**
 * Operations that change a living deployment.
 */

import { Type } from 'typebox';
import { ChangeAccepted, ChangeShown, ScaleBody, UpdateDeploymentBody } from '../change.ts';
import type { OperationDefinition } from '../operation.ts';
import { uuid } from '../shape.ts';

const DeploymentId = Type.Object({ id: uuid({ description: 'Id of the deployment.' }) });
const ChangeQuery = Type.Object(
  {
    dry_run: Type.Boolean({ default: false, description: 'Answer with the plan and start nothing.' }),
    plan_id: Type.Optional(uuid({ description: 'Apply exactly the plan that a dry run of the same request showed.' })),
    skip_checks: Type.Boolean({ default: false, description: 'Start even what surely cannot work.' }),
  },
  { additionalProperties: false },
);

const CHANGE_ERRORS = [
  'not_found',
  'invalid_parameters',
  'invalid_ttl',
  'not_possible_now',
  'run_in_progress',
  'unknown_region',
  'infeasible',
  'quota_exceeded',
  'over_budget',
  'plan_stale',
  'plan_applied',
] as const;

export const changeOperations = {
  scaleDeployment: {
    method: 'POST',
    path: '/deployments/{id}/scale',
    tag: 'deployments',
    summary: 'Set the size of a tier',
    description:
      'New servers are like those of the tier; the last created go first. A scale-out that fails removes what it added.',
    access: 'write',
    params: DeploymentId,
    query: ChangeQuery,
    body: ScaleBody,
    answers: {
      200: { description: 'The plan (`dry_run=true`), or nothing to do.', schema: ChangeShown },
      202: { description: 'Accepted.', schema: ChangeAccepted },
    },
    errors: CHANGE_ERRORS,
  },
  updateDeployment: {
    method: 'PATCH',
    path: '/deployments/{id}',
    tag: 'deployments',
    summary: 'Change what is wanted of a deployment',
    description:
      'Counts, flavors (resized in place), images (replaced a few at a time), security groups, subnets, settings. ' +
      'A change that fails is taken back, and the deployment stays COMPLETED with the condition `Degraded`.',
    access: 'write',
    params: DeploymentId,
    query: ChangeQuery,
    body: UpdateDeploymentBody,
    answers: {
      200: { description: 'The plan (`dry_run=true`), or nothing to run.', schema: ChangeShown },
      202: { description: 'Accepted.', schema: ChangeAccepted },
    },
    errors: CHANGE_ERRORS,
  },
} as const satisfies Record<string, OperationDefinition>;
