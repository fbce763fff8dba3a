/**
 * The three things that are interrupted: a deploy, a deploy that is undone because one server fails for good, and a delete.
 * Each knows how it is ordered and how it has to end, whatever happens in between.
 */

import { type DeploymentState, deployOrder, KEYS, type Lane } from './lane.ts';
import type { Answer } from './worker-process.ts';

export interface Scenario {
  readonly name: 'deploy' | 'rollback' | 'delete';
  /** What has to be there before. */
  prepare(lane: Lane, deployment: string): Promise<void>;
  /** May be repeated when its answer was lost. @throws when the worker is gone before it has answered */
  order(lane: Lane, deployment: string): Promise<void>;
  readonly endsAs: 'COMPLETED' | 'FAILED' | 'DELETED';
  /** Error types with which it may fail instead: what is left over then is in the ledger, and a delete removes it. */
  readonly mayFailAs?: readonly string[];
  /** Resources that are to be there at the end. */
  readonly keys: readonly string[];
  /** What is wrong with an end, beyond its status. */
  judge(end: DeploymentState): string[];
}

export const FAILS_TO_BUILD = {
  match: { name: '-web-2$' },
  times: 0,
  action: { spawn_fail: 'novalidhost' },
};

const deploy: Scenario = {
  name: 'deploy',
  prepare: async () => {},
  order: async (lane, name) => {
    const answer = await lane.worker.call('POST', '/deployments', deployOrder(name), { 'idempotency-key': name });
    accepted(answer, [202]);
  },
  endsAs: 'COMPLETED',
  keys: KEYS,
  judge: ({ error }) => (error === null ? [] : [`it has an error: ${JSON.stringify(error)}`]),
};

const rollback: Scenario = {
  ...deploy,
  name: 'rollback',
  prepare: async (lane) => void (await lane.cloud.addFault(FAILS_TO_BUILD)),
  endsAs: 'FAILED',
  keys: [],
  judge({ error }) {
    if (error?.type === 'NoValidHost' && error.rollback_completed) return [];
    return [`the error is not the injected one, or the rollback is not complete: ${JSON.stringify(error)}`];
  },
};

const remove: Scenario = {
  name: 'delete',
  async prepare(lane, name) {
    await deploy.order(lane, name);
    await lane.untilSettled(name, ['COMPLETED']);
  },
  async order(lane, name) {
    const deployment = await lane.deployment(name);
    const answer = await lane.worker.call('DELETE', `/deployments/${deployment?.id}`);
    // Repeated after the end, there is nothing any more that could be deleted.
    accepted(answer, [202, 404]);
  },
  endsAs: 'DELETED',
  keys: [],
  judge: ({ error }) => (error === null ? [] : [`it has an error: ${JSON.stringify(error)}`]),
};

export const SCENARIOS = { deploy, rollback, delete: remove } as const;

function accepted({ status, body }: Answer, good: readonly number[]): void {
  if (!good.includes(status)) throw new Error(`the server answered ${status}: ${JSON.stringify(body)}`);
}
