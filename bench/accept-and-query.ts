/**
 * How fast a request is accepted and a deployment is shown, beside bare handlers on the same PostgreSQL: on a quiet
 * server, while 200 deployments run, and while everything that is accepted is built as fast as the machine can.
 *
 * The accepted deployments do run; their servers take longer to build than the measurement, so what is counted as running
 * runs until its end.
 */

import { fileURLToPath } from 'node:url';
import type { ApiClient } from '../src/contract/client.ts';
import { startProgram } from './child-process.ts';
import { type ControlPlane, type Pace, startControlPlane } from './control-plane.ts';
import { countOf, deploy, requestFor, until } from './deployments.ts';
import { type Footprint, footprintOf } from './footprint.ts';
import { type LoadOrder, type LoadResult, offerLoad } from './load.ts';
import { type SimulatedRegion, startSimulatedRegion } from './simulated-region.ts';

export const RUNNING = 200;
export const RATES = { accept: 20, query: 100 };
export const CONNECTIONS = 16;
const SECONDS = RUNNING / RATES.accept;
/** Measuring adds `RUNNING` to them: begun with half as many, it is made while that many run on average. */
const RUNNING_AT_FIRST = RUNNING / 2;
const TEMPLATE = 'three-tiers';
const SERVER_BUILD = { serverBuild: 120_000, jitter: 0.2 };

/** A pair of measurements: ours, and the bare handler's. */
export interface Pair {
  readonly ours: LoadResult;
  readonly bare: LoadResult;
}

export interface Latencies {
  readonly accept: Pair;
  readonly query: Pair;
}

export interface AcceptAndQuery {
  readonly quiet: Latencies;
  readonly running: Latencies;
  /** Beside a handler that reads one row, and one that makes the same SELECT as ours. */
  readonly throughput: { readonly row: Pair; readonly view: Pair; readonly running: Pair; readonly accept: Pair };
  readonly footprint: { readonly quiet: Footprint; readonly running: Footprint; readonly after: Footprint };
  /** Deployments in progress when the measurements during them began and ended. */
  readonly inProgress: readonly [number, number];
}

interface Stage {
  readonly cloud: SimulatedRegion;
  readonly server: ControlPlane;
  readonly bareUrl: string;
}

export async function measureAcceptAndQuery(): Promise<AcceptAndQuery> {
  return onStage('default', async (stage) => {
    const { cloud, server } = stage;
    const completed = await completeSome(server.client, 20);
    await footprintOf(server);
    const query = await queryLatency(stage, completed, 5);
    const throughput = await quietThroughput(stage, completed);
    const quiet = await footprintOf(server);

    await cloud.delay(SERVER_BUILD);
    const accept = await acceptLatency(stage, RUNNING_AT_FIRST / RATES.accept);
    const paths = await pathsOfRunning(server.client);
    const footprint = { quiet, running: await footprintOf(server) };
    const before = await countOf(server.client, 'IN_PROGRESS');
    const [busyAccept, busyQuery] = await Promise.all([
      acceptLatency(stage, SECONDS),
      queryLatency(stage, paths, SECONDS),
    ]);
    const busyThroughput = await closedLoop(stage, queries(stage, paths), 4);
    const inProgress = [before, await countOf(server.client, 'IN_PROGRESS')] as const;
    return {
      quiet: { accept, query },
      running: { accept: busyAccept, query: busyQuery },
      footprint: { ...footprint, after: await footprintOf(server) },
      inProgress,
      throughput: { ...throughput, running: busyThroughput, accept: await closedLoop(stage, accepts(stage), 3) },
    };
  });
}

/** Nothing holds the calls to the cloud back: as much work as so many accepts can make. */
export async function measureAtFullSpeed(): Promise<Latencies & { readonly resourcesPerSecond: number }> {
  return onStage('unlimited', async (stage) => {
    const paths = await completeSome(stage.server.client, 20);
    await stage.cloud.delay(SERVER_BUILD);
    const [accept, query] = await Promise.all([acceptLatency(stage, SECONDS), queryLatency(stage, paths, SECONDS)]);
    return { accept, query, resourcesPerSecond: RATES.accept * 14 };
  });
}

async function onStage<T>(pace: Pace, measure: (stage: Stage) => Promise<T>): Promise<T> {
  const cloud = await startSimulatedRegion();
  const server = await startControlPlane(cloud.authUrl, pace);
  const bare = startProgram([fileURLToPath(new URL('./bare-server.js', import.meta.url)), server.databaseUrl]);
  const [, bareUrl = ''] = await bare.line(/^Listening on (\S+)$/);
  try {
    return await measure({ cloud, server, bareUrl });
  } finally {
    await bare.end('SIGTERM');
    await Promise.all([server.stop(), cloud.stop()]);
  }
}

async function completeSome(client: ApiClient, count: number): Promise<string[]> {
  const ids = await Promise.all(Array.from({ length: count }, (_, n) => deploy(client, TEMPLATE, `quiet-${n}`)));
  await until(async () => (await countOf(client, 'COMPLETED')) === count, 60, `${count} deployments are COMPLETED`);
  return ids.map((id) => `/deployments/${id}`);
}

async function pathsOfRunning(client: ApiClient): Promise<string[]> {
  const running = async (): Promise<boolean> => (await countOf(client, 'IN_PROGRESS')) >= RUNNING_AT_FIRST;
  await until(running, 60, `${RUNNING_AT_FIRST} deployments run`);
  const { items } = await client.call('listDeployments', { query: { status: 'IN_PROGRESS', limit: RUNNING } });
  return items.map(({ id }) => `/deployments/${id}`);
}

async function quietThroughput(stage: Stage, paths: readonly string[]): Promise<{ row: Pair; view: Pair }> {
  const row = await closedLoop(stage, queries(stage, paths), 4);
  const views = paths.map((path) => path.replace('/deployments/', '/views/'));
  const bare = await offerLoad({ ...queries(stage, views), ...inLoop(4), url: stage.bareUrl });
  return { row, view: { ours: row.ours, bare } };
}

function closedLoop(stage: Stage, order: Order, seconds: number): Promise<Pair> {
  return pair(stage, { ...order, ...inLoop(seconds) });
}

function inLoop(seconds: number) {
  return { loop: { connections: CONNECTIONS }, seconds, warmUp: 1 };
}

function queryLatency(stage: Stage, paths: readonly string[], seconds: number): Promise<Pair> {
  return pair(stage, { ...queries(stage, paths), loop: { perSecond: RATES.query }, seconds, warmUp: 0.5 });
}

function acceptLatency(stage: Stage, seconds: number): Promise<Pair> {
  return pair(stage, { ...accepts(stage), loop: { perSecond: RATES.accept }, seconds, warmUp: 0.5 });
}

type Order = Pick<LoadOrder, 'key' | 'method' | 'paths' | 'body'>;

/** One after the other: at the same time they would measure each other. */
async function pair({ server, bareUrl }: Stage, order: Omit<LoadOrder, 'url'>): Promise<Pair> {
  const bare = await offerLoad({ ...order, url: bareUrl });
  return { bare, ours: await offerLoad({ ...order, url: server.url }) };
}

function queries({ server }: Stage, paths: readonly string[]): Order {
  return { key: server.key, method: 'GET', paths };
}

function accepts({ server }: Stage): Order {
  const body = JSON.stringify(requestFor(TEMPLATE, 'load-{n}'));
  return { key: server.key, method: 'POST', paths: ['/deployments'], body };
}
