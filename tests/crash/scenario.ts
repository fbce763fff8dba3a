/**
 * What is interrupted: a deploy, a deploy that is undone because one server fails for good, a delete, and the changes of a
 * deployment that lives. Each knows how it is ordered and how it has to end, whatever happens in between.
 */

import type { CloudState } from './cloud-process.ts';
import { type DeploymentState, deployOrder, KEYS, type Lane, until } from './lane.ts';
import type { Answer } from './worker-process.ts';

export interface Scenario {
  readonly name: string;
  /** Its points of interest begin after the last call or write of this name: what is before is another scenario's. */
  readonly since?: { readonly call: string; readonly write: string };
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
  judge(end: DeploymentState, cloud: CloudState): string[];
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
  since: { call: 'nova POST /v2.1/servers', write: 'insert resources' },
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

/** A change of a deployment that lives: it is COMPLETED before and after, and the run tells how it went. */
function changeOf(
  name: string,
  method: 'POST' | 'PATCH',
  path: string,
  body: object,
  more: Pick<Scenario, 'keys' | 'judge'> & Partial<Scenario>,
): Scenario {
  return {
    name,
    async prepare(lane, deployment) {
      await deploy.order(lane, deployment);
      await lane.untilSettled(deployment, ['COMPLETED']);
    },
    async order(lane, deployment) {
      const { id } = (await lane.deployment(deployment)) ?? {};
      const answer = await lane.worker.call(method, `/deployments/${id}${path}`, body);
      // Repeated while it goes on it is refused, repeated after its end there is nothing to do.
      accepted(answer, [200, 202, 409]);
    },
    endsAs: 'COMPLETED',
    ...more,
  };
}

const WEB_3 = 'server/web/3';

const scaleOut = changeOf(
  'scale out',
  'POST',
  '/scale',
  { vm_type: 'web', target_count: 3 },
  {
    keys: [...KEYS, WEB_3].toSorted(),
    judge: succeeded,
  },
);
const scaleIn = changeOf(
  'scale in',
  'POST',
  '/scale',
  { vm_type: 'web', target_count: 1 },
  {
    keys: KEYS.filter((key) => key !== 'server/web/2'),
    judge: succeeded,
  },
);
const scaleUndone = changeOf(
  'scale undone',
  'POST',
  '/scale',
  { vm_type: 'web', target_count: 3 },
  {
    keys: KEYS,
    async prepare(lane, name) {
      await scaleOut.prepare(lane, name);
      await lane.cloud.addFault({ ...FAILS_TO_BUILD, match: { name: '-web-3$' } });
    },
    // Ordered again after it failed, it fails again.
    judge: ({ lastRun }) => (lastRun === 'failed' ? [] : [`the run ended as ${lastRun}`]),
  },
);
const resize = changeOf(
  'resize',
  'PATCH',
  '',
  { vm_config: { web: { flavor: 'm1.small' } }, max_unavailable: 2 },
  {
    keys: KEYS,
    judge: (end, cloud) => [
      ...succeeded(end),
      ...serversWithout(cloud, 'flavor', ({ flavor }) => flavor?.name === 'm1.small'),
    ],
  },
);
const replace = changeOf(
  'replace',
  'PATCH',
  '',
  { vm_config: { web: { image: 'debian-12' } }, max_unavailable: 2 },
  {
    keys: KEYS,
    judge: (end, cloud) => [
      ...succeeded(end),
      ...serversWithout(cloud, 'image', ({ image_id }) => image_id === imageIn(cloud, 'debian-12')),
    ],
  },
);

/** One server was deleted and another stopped behind our back. */
const heal = changeOf(
  'heal',
  'POST',
  '/heal',
  {},
  {
    keys: KEYS,
    async prepare(lane, name) {
      await deploy.order(lane, name);
      const { id } = await lane.untilSettled(name, ['COMPLETED']);
      await lane.cloud.disturb(id);
    },
    judge: (end, cloud) => [
      ...succeeded(end),
      ...serversWithout(cloud, 'state', ({ vm_state }) => vm_state === 'active'),
    ],
  },
);

/** Its time is over, and whoever looks next deletes it. */
const expiry: Scenario = {
  ...remove,
  name: 'expiry',
  async order(lane, name) {
    await lane.pool.query(
      `update deployments set expires_at = now(), expiry_look_at = now() where name = $1 and expires_at is null`,
      [name],
    );
    // Whoever tells that it is over and dies before it orders the deletion is followed a minute later.
    const isTakenUp = await until(
      async () => ((await lane.deployment(name))?.status === 'COMPLETED' ? undefined : true),
      90_000,
    );
    if (!isTakenUp) throw new Error(`${name} has expired, and nobody deletes it`);
  },
};

export const SCENARIOS = { deploy, rollback, delete: remove } as const;
export const CHANGES = { scaleOut, scaleIn, scaleUndone, resize, replace, heal } as const;
/** Struck at random only: what it does is a delete, and it takes seconds until somebody looks. */
export const EXPIRY = { expiry } as const;

function succeeded({ error, lastRun }: DeploymentState): string[] {
  return error === null && lastRun === 'succeeded'
    ? []
    : [`its last run ended as ${lastRun}: ${JSON.stringify(error)}`];
}

function serversWithout(
  { servers = [] }: CloudState,
  what: string,
  isRight: (server: NonNullable<CloudState['servers']>[number]) => boolean,
): string[] {
  return servers
    .filter((server) => server.metadata?.['groundwork_owner'] !== undefined && !isRight(server))
    .map(({ name }) => `${name} has not the ${what} that is wanted`);
}

function imageIn({ images = [] }: CloudState, name: string): string | undefined {
  return images.find((image) => image.name === name)?.id;
}

function accepted({ status, body }: Answer, good: readonly number[]): void {
  if (!good.includes(status)) throw new Error(`the server answered ${status}: ${JSON.stringify(body)}`);
}
