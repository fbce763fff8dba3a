/**
 * One good call of every operation, and the same call for a thing that is not there. The type makes the table total.
 */

import type { Method } from '../../../contract/operation.ts';
import { OPERATIONS } from '../../../contract/operations.ts';
import type { OperationId } from '../../../contract/operations.ts';
import type { OpenDoor } from './open-door.ts';
import { EXAMPLE_REQUEST } from './open-door.ts';
import { EXAMPLE_TEMPLATE, KEYS } from './in-memory-app.ts';

export interface OperationCall {
  readonly method: Method;
  readonly url: string;
  readonly payload?: object;
  readonly status: number;
}

interface Things {
  readonly id: string;
  readonly runId: string;
  readonly keyId: string;
  readonly template: string;
  readonly webhookId: string;
  readonly deliveryId: string;
}

interface Call {
  readonly status: number;
  readonly params?: (things: Things) => Readonly<Record<string, string>>;
  readonly payload?: object;
}

const byId = (things: Things) => ({ id: things.id });
const { name: templateName, ...templateBody } = EXAMPLE_TEMPLATE;

const CALLS: Readonly<Record<OperationId, Call>> = {
  createDeployment: { status: 202, payload: EXAMPLE_REQUEST },
  listDeployments: { status: 200 },
  getDeployment: { status: 200, params: byId },
  explainDeployment: { status: 200, params: byId },
  deleteDeployment: { status: 202, params: byId },
  scaleDeployment: { status: 202, params: byId, payload: { vm_type: 'web', target_count: 3 } },
  updateDeployment: { status: 202, params: byId, payload: { vm_config: { web: { flavor: 'm1.large' } } } },
  configureDeployment: { status: 202, params: byId, payload: { playbook: 'site.yml' } },
  cancelDeployment: { status: 202, params: byId },
  retryDeployment: { status: 202, params: byId },
  listEvents: { status: 200, params: byId },
  listRuns: { status: 200, params: byId },
  getRun: { status: 200, params: ({ id, runId }) => ({ id, run_id: runId }) },
  listTemplates: { status: 200 },
  getTemplate: { status: 200, params: () => ({ name: templateName }) },
  createTemplate: { status: 201, payload: { ...templateBody, name: 'another' } },
  updateTemplate: { status: 200, params: () => ({ name: templateName }), payload: templateBody },
  deleteTemplate: { status: 204, params: ({ template }) => ({ name: template }) },
  getDrift: { status: 200, params: byId },
  acceptDrift: { status: 200, params: byId, payload: { keys: ['network'] } },
  healDeployment: { status: 202, params: byId },
  listOrphans: { status: 200, params: () => ({ name: 'us-west-1' }) },
  listRegions: { status: 200 },
  listKeys: { status: 200 },
  createKey: { status: 201, payload: { name: 'ci', scope: 'write' } },
  listWebhooks: { status: 200 },
  createWebhook: { status: 201, payload: { url: 'https://hooks.example.com', event_types: ['run.*'] } },
  getWebhook: { status: 200, params: ({ webhookId }) => ({ id: webhookId }) },
  updateWebhook: { status: 200, params: ({ webhookId }) => ({ id: webhookId }), payload: { enabled: false } },
  deleteWebhook: { status: 204, params: ({ webhookId }) => ({ id: webhookId }) },
  testWebhook: { status: 202, params: ({ webhookId }) => ({ id: webhookId }) },
  listWebhookDeliveries: { status: 200, params: ({ webhookId }) => ({ id: webhookId }) },
  replayWebhookDelivery: {
    status: 202,
    params: ({ webhookId, deliveryId }) => ({ id: webhookId, delivery_id: deliveryId }),
  },
  deleteKey: { status: 204, params: ({ keyId }) => ({ id: keyId }) },
  live: { status: 200 },
  ready: { status: 200 },
  metrics: { status: 200 },
  openapi: { status: 200 },
};

const NOWHERE: Readonly<Record<string, string>> = {
  id: '019aa000-0000-7000-8000-000000000000',
  run_id: '019aa000-0000-7000-8000-000000000001',
  delivery_id: '019aa000-0000-7000-8000-000000000002',
  name: 'no-such-thing',
};

const WRITER = { keyId: 'test', name: 'test', scope: 'write' } as const;

/** A call that succeeds on this door: what it needs is made first. */
export async function goodCall(operationId: OperationId, { app, deploy }: OpenDoor): Promise<OperationCall> {
  const { params } = CALLS[operationId];
  const id = await deploy();
  if (operationId === 'retryDeployment') app.deployments.set(id, { ...app.deployments.get(id)!, status: 'FAILED' });
  const runId = [...app.runs.values()].find((run) => run.deployment_id === id)!.id;
  const keyId = (await app.createKey({ name: 'old', scope: 'read' })).id;
  const template = `disposable-${id}`;
  await app.createTemplate(WRITER, { ...EXAMPLE_TEMPLATE, name: template });
  const webhookId = (await app.createWebhook(WRITER, { url: 'https://hooks.example.com' })).id;
  const deliveryId = (await app.testWebhook(WRITER, webhookId)).id;
  return callOf(operationId, params?.({ id, runId, keyId, template, webhookId, deliveryId }) ?? {});
}

/** The same call for an id or name that does not exist; undefined when the operation names nothing in its path. */
export function lostCall(operationId: OperationId): OperationCall | undefined {
  return CALLS[operationId].params && callOf(operationId, NOWHERE);
}

export function keyFor(operationId: OperationId): { readonly 'x-api-key'?: string } {
  const { access } = OPERATIONS[operationId];
  return access === 'public' || access === 'loopback' ? {} : { 'x-api-key': KEYS[access] };
}

function callOf(operationId: OperationId, params: Readonly<Record<string, string>>): OperationCall {
  const { method, path } = OPERATIONS[operationId];
  const { status, payload } = CALLS[operationId];
  const url = path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '');
  return { method, url, status, ...(payload ? { payload } : {}) };
}
