/**
 * The operation that configures what stands.
 */

import { Type } from 'typebox';
import { ConfigureAccepted, ConfigureBody } from '../configure.ts';
import type { OperationDefinition } from '../operation.ts';
import { uuid } from '../shape.ts';

export const configureOperations = {
  configureDeployment: {
    method: 'POST',
    path: '/deployments/{id}/configure',
    tag: 'deployments',
    summary: 'Play an Ansible playbook on the servers of a deployment',
    description:
      'Only a deployment that is COMPLETED is configured, and it is COMPLETED again afterwards: whether the play succeeded ' +
      'is told by its run (`result`: exit code and recap) and by the condition `Configured`.',
    access: 'write',
    params: Type.Object({ id: uuid({ description: 'Id of the deployment.' }) }),
    body: ConfigureBody,
    answers: { 202: { description: 'Accepted.', schema: ConfigureAccepted } },
    errors: ['not_found', 'unknown_playbook', 'invalid_play', 'inputs_changed', 'not_possible_now', 'run_in_progress'],
  },
} as const satisfies Record<string, OperationDefinition>;
