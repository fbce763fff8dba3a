/**
 * `npm run demo`: the main job from nothing to running, through the public API, on embedded defaults. It shows the plan,
 * the run as it happens, the result and how to look again; then it deletes everything and shows that the region is empty.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { type ApiClient, createApiClient } from '../contract/client.ts';
import type { CreateDeploymentBody } from '../contract/deployment.ts';
import type { CliWorld } from '../doors/cli/cli-io.ts';
import { createProgressDisplay } from '../doors/cli/display/progress-display.ts';
import { renderResult } from '../doors/cli/display/render-deployment.ts';
import { renderPlan } from '../doors/cli/display/render-plan.ts';
import { EXIT, ExitWith } from '../doors/cli/exit.ts';
import { wantsColor } from '../doors/cli/session.ts';
import { followRuns } from '../doors/cli/watch-deployment.ts';
import { PACKAGE_ROOT } from './package-root.ts';
import { launch, readConfiguration } from './start-command.ts';

/** Short, so that the demo takes seconds; long enough to see what happens. */
const DELAYS = 'serverBuild=1500,serverDelete=500,networkCreate=100,jitter=0.5';
const REQUEST = join(PACKAGE_ROOT, 'examples', 'web-app-prod.yaml');

interface Stage {
  readonly world: CliWorld;
  readonly client: ApiClient;
  /** Of the simulated cloud; see simulators/openstack/README.md. */
  readonly cloudAdminUrl: string;
  readonly columns: number;
  readonly color: boolean;
  say(lines: string | readonly string[]): void;
}

export function addDemo(program: Command, world: CliWorld): void {
  program
    .command('demo')
    .summary('deploy an example, watch it, delete it')
    .description(
      'Starts everything embedded with a simulated cloud, deploys examples/web-app-prod.yaml, shows it, and deletes it again.',
    )
    .option('--keep', 'keep the deployment and the data, and say how to look at them')
    .action(async ({ keep = false }: { keep?: boolean }) => {
      const dataDir = await mkdtemp(join(tmpdir(), 'groundwork-demo-'));
      try {
        await demonstrate(world, dataDir, keep);
      } finally {
        if (!keep) await rm(dataDir, { recursive: true, force: true });
      }
    });
}

async function demonstrate(world: CliWorld, dataDir: string, keep: boolean): Promise<void> {
  const color = wantsColor(world, {});
  const say = (lines: string | readonly string[]): void => {
    for (const line of [lines].flat()) world.io.stdout.write(`${line}\n`);
  };
  say('Starting a database, the engine, the API and a simulated OpenStack region ...');
  const began = performance.now();
  const config = await readConfiguration({ ...world, env: {} }, { dataDir, port: '0', logLevel: 'error' });
  const server = await launch(
    world,
    { ...config, file: undefined, regions: {} },
    { say: () => {}, simulatorDelays: DELAYS },
  );
  try {
    say([`Up after ${((performance.now() - began) / 1000).toFixed(1)} s at ${server.url}`, '']);
    const client = createApiClient({
      baseUrl: server.url,
      fetch: world.fetch,
      ...(server.adminKey === undefined ? {} : { key: server.adminKey }),
    });
    const cloudAdminUrl = new URL('/_sim', server.simulatedCloud ?? server.url).href;
    const stage = { world, client, cloudAdminUrl, color, say, columns: world.io.stdout.columns ?? 80 };
    const id = await deployExample(stage);
    say(['', ...lookAgain(keep ? dataDir : undefined, id)]);
    if (!keep) await deleteAgain(stage, id);
  } finally {
    await server.stop();
  }
}

async function deployExample(stage: Stage): Promise<string> {
  const { client, say } = stage;
  const body = parse(await stage.world.io.readFile(REQUEST)) as CreateDeploymentBody; // checked by the server
  const plan = await client.call('createDeployment', { body, query: { dry_run: true } });
  if ('plan' in plan) say([...renderPlan(plan, stage), '']);
  const accepted = await client.call('createDeployment', { body });
  if (!('id' in accepted)) throw new Error('the server answered a request with a plan');
  await show(stage, accepted.id, `${body.name} in ${body.cloud_region}`);
  const deployment = await client.call('getDeployment', { params: { id: accepted.id } });
  say(['', ...renderResult(deployment, stage)]);
  if (deployment.status !== 'COMPLETED') throw new ExitWith(EXIT.failed);
  return accepted.id;
}

async function deleteAgain(stage: Stage, id: string): Promise<void> {
  const { client, say } = stage;
  say(['', 'Deleting it again ...']);
  await client.call('deleteDeployment', { params: { id } });
  const { name, cloud_region: region } = await client.call('getDeployment', { params: { id } });
  await show(stage, id, `${name} in ${region}`);
  const { status } = await client.call('getDeployment', { params: { id } });
  const left = await inventory(stage.cloudAdminUrl);
  const counts = Object.entries(left).map(([noun, count]) => `${count} ${noun}`);
  say(['', `The deployment is ${status}. What the cloud itself still holds of it:`, `  ${counts.join(', ')}`]);
  if (status !== 'DELETED' || Object.values(left).some((count) => count > 0)) throw new ExitWith(EXIT.failed);
}

/** What the simulated cloud holds of the project: asked of the cloud, not of us. Its own external network is not counted. */
async function inventory(adminUrl: string): Promise<Record<string, number>> {
  const state = (await (await fetch(`${adminUrl}/state`)).json()) as Record<string, { external?: boolean }[]>;
  const count = (noun: string): number =>
    Object.values(state[noun] ?? []).filter((object) => !isTheClouds(object)).length;
  return { servers: count('servers'), ports: count('ports'), routers: count('routers'), networks: count('networks') };
}

function isTheClouds(object: { external?: boolean }): boolean {
  return object.external === true;
}

async function show({ world, client, color }: Stage, id: string, title: string): Promise<void> {
  const display = createProgressDisplay({ stream: world.io.stdout, color, title, now: () => world.io.now() });
  try {
    await followRuns({ client, id, display });
  } finally {
    display.close();
  }
}

function lookAgain(dataDir: string | undefined, id: string): string[] {
  const start = dataDir === undefined ? 'npm start' : `npm start -- --data-dir ${dataDir}`;
  const environment = dataDir === undefined ? '' : `GROUNDWORK_DATA_DIR=${dataDir} `;
  return [
    dataDir === undefined ? 'To do this yourself:' : 'The data are kept. To look again:',
    `  ${start}`,
    `  ${environment}npx groundwork ${dataDir === undefined ? 'deploy examples/web-app-prod.yaml --watch' : `get ${id}`}`,
  ];
}
