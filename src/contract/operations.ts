/**
 * The contract: every operation of the HTTP API as one table. A handler, a client call or a test that is missing for a
 * row of it does not compile or does not pass.
 */

import { changeOperations } from './operations/changes.ts';
import { configureOperations } from './operations/configure.ts';
import { deploymentOperations } from './operations/deployments.ts';
import { driftOperations } from './operations/drift.ts';
import { serverOperations } from './operations/server.ts';
import { templateOperations } from './operations/templates.ts';
import { webhookOperations } from './operations/webhooks.ts';

export const OPERATIONS = {
  ...deploymentOperations,
  ...changeOperations,
  ...configureOperations,
  ...driftOperations,
  ...templateOperations,
  ...webhookOperations,
  ...serverOperations,
} as const;

export type Operations = typeof OPERATIONS;
export type OperationId = keyof Operations;

export const OPERATION_IDS = Object.keys(OPERATIONS) as OperationId[]; // the table's keys are its ids
