/**
 * Operations on drift and on what belongs to nobody.
 */

import { Type } from 'typebox';
import { RunAccepted } from '../deployment.ts';
import { AcceptDriftBody, DriftReport, NothingToHeal, OrphanReport } from '../drift.ts';
import { plainName } from '../name.ts';
import type { OperationDefinition } from '../operation.ts';
import { uuid } from '../shape.ts';

const DeploymentId = Type.Object({ id: uuid({ description: 'Id of the deployment.' }) });

export const driftOperations = {
  getDrift: {
    method: 'GET',
    path: '/deployments/{id}/drift',
    tag: 'drift',
    summary: 'Show where the cloud is not as the ledger says',
    access: 'read',
    params: DeploymentId,
    query: Type.Object(
      { refresh: Type.Boolean({ default: false, description: 'Look now, at this deployment only.' }) },
      { additionalProperties: false },
    ),
    answers: { 200: { description: 'The findings.', schema: DriftReport } },
    errors: ['not_found', 'not_possible_now', 'run_in_progress', 'unknown_region', 'region_unreachable'],
  },
  acceptDrift: {
    method: 'POST',
    path: '/deployments/{id}/drift/accept',
    tag: 'drift',
    summary: 'Accept what differs',
    description:
      'What is accepted is neither reported nor healed until it changes again. An `extra` object cannot be accepted: ' +
      'every run removes what carries its mark and is not in the ledger.',
    access: 'write',
    params: DeploymentId,
    body: AcceptDriftBody,
    answers: { 200: { description: 'The findings as they are now.', schema: DriftReport } },
    errors: ['not_found', 'invalid_request', 'not_possible_now'],
  },
  healDeployment: {
    method: 'POST',
    path: '/deployments/{id}/heal',
    tag: 'drift',
    summary: 'Bring the cloud back to what is wanted',
    description:
      'Looks first. What is missing or cannot be changed is made anew with all that stands on it, the rest is set ' +
      'right in place. Also resumes healing by policy where it has stopped.',
    access: 'write',
    params: DeploymentId,
    query: Type.Object(
      {
        force: Type.Boolean({
          default: false,
          description: 'Heal although more of the region looks missing than `heal_max_missing_share` allows.',
        }),
      },
      { additionalProperties: false },
    ),
    answers: {
      200: { description: 'Nothing to heal.', schema: NothingToHeal },
      202: { description: 'Accepted.', schema: RunAccepted },
    },
    errors: [
      'not_found',
      'not_possible_now',
      'run_in_progress',
      'unknown_region',
      'region_unreachable',
      'healing_stopped',
    ],
  },
  listOrphans: {
    method: 'GET',
    path: '/regions/{name}/orphans',
    tag: 'regions',
    summary: 'List objects of a region that belong to nobody',
    access: 'read',
    params: Type.Object({ name: plainName({ description: 'Name of the region.' }) }),
    answers: { 200: { description: 'As of the last look.', schema: OrphanReport } },
    errors: ['not_found'],
  },
} as const satisfies Record<string, OperationDefinition>;
