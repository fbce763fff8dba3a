/**
 * Deployments for the measurements: asked for and waited for through the public API.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '../src/contract/client.ts';
import type { DeploymentStatus } from '../src/domain/deployment.ts';
import { REGION } from './control-plane.ts';

const LOOK_EVERY_MS = 100;

export function requestFor(template: string, name: string, region = REGION) {
  return { name, template, cloud_region: region };
}

/** @returns its id */
export async function deploy(client: ApiClient, template: string, name: string, region = REGION): Promise<string> {
  const accepted = await client.call('createDeployment', { body: requestFor(template, name, region) });
  if (!('id' in accepted)) throw new Error('the server answered a request with a plan');
  return accepted.id;
}

export async function countOf(client: ApiClient, status: DeploymentStatus): Promise<number> {
  return (await client.call('listDeployments', { query: { status, limit: 1 } })).total;
}

/** @throws Error when it does not come true in time */
export async function until(condition: () => Promise<boolean>, withinSeconds: number, what: string): Promise<void> {
  const deadline = performance.now() + withinSeconds * 1000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinSeconds} s: ${what}`);
    await delay(LOOK_EVERY_MS);
  }
}

export async function untilCompleted(client: ApiClient, id: string, withinSeconds: number): Promise<void> {
  const completed = async (): Promise<boolean> => {
    const { status, error } = await client.call('getDeployment', { params: { id } });
    if (status === 'FAILED') throw new Error(`deployment ${id} failed: ${error?.message}`);
    return status === 'COMPLETED';
  };
  await until(completed, withinSeconds, `deployment ${id} is COMPLETED`);
}
