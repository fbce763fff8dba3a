/**
 * How fast a request is accepted and a deployment is shown, beside bare handlers on the same PostgreSQL: on a quiet
 * server, and while 200 deployments run.
 *
 * The accepted deployments do run; their servers take longer to build than the measurement, so what is counted as running
 * runs until its end.
 */

import { fileURLToPath } from 'node:url';
import type { ApiClient } from '../src/contract/client.ts';
import { startProgram } from './child-process.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { countOf, deploy, requestFor, until } from './deployments.ts';
import { type Footprint, footprintOf } from './footprint.ts';
import { type LoadOrder, type LoadResult, offerLoad } from './load.ts';
import { startSimulatedRegion } from './simulated-region.ts';

export const RUNNING = 200;
export const RATES = { accept: 20, query: 100 };
export const CONNECTIONS = 16;
const TEMPLATE = 'three-tiers';
const SERVER_BUILD_MS = 90_000;

/** A pair of measurements: ours, and the bare handler's. */
export interface Pair {
  readonly ours: LoadResult;
  readonly bare: LoadResult;
}

export interface Situation {
  readonly accept: Pair;
  readonly query: Pair;
  readonly queryThroughput: Pair;
}

export interface AcceptAndQuery {
  readonly idle: Situation;
  readonly busy: Situation;
  readonly acceptThroughput: Pair;
  readonly footprint: { readonly idle: Footprint; readonly busy: Footprint };
  /** Deployments in progress when the busy measurements began and ended. */
  readonly running: readonly [number, number];
}

interface Stage {
  readonly server: ControlPlane;
  readonly bareUrl: string;
  /** Paths of deployments to ask for. */
  readonly paths: readonly string[];
}

export async function measureAcceptAndQuery(): Promise<AcceptAndQuery> {
  const cloud = await startSimulatedRegion();
  const server = await startControlPlane(cloud.authUrl);
  const bare = startProgram([fileURLToPath(new URL('./bare-server.js', import.meta.url)), server.databaseUrl]);
  const [, bareUrl = ''] = await bare.line(/^Listening on (\S+)$/);
  try {
    const quiet = { server, bareUrl, paths: await completeSome(server.client, 20) };
    await footprintOf(server);
    const idleQuery = { query: await queryLatency(quiet), queryThroughput: await queryThroughput(quiet) };
    const idle = await footprintOf(server);

    await cloud.delay({ serverBuild: SERVER_BUILD_MS, jitter: 0.2 });
    const idleAccept = await acceptLatency(quiet, RUNNING / RATES.accept);
    const full = { ...quiet, paths: await pathsOfRunning(server.client) };
    const before = await countOf(server.client, 'IN_PROGRESS');
    await footprintOf(server);
    const busySituation = await measureBusy(full);
    const after = await countOf(server.client, 'IN_PROGRESS');
    return {
      idle: { ...idleQuery, accept: idleAccept },
      busy: busySituation,
      footprint: { idle, busy: await footprintOf(server) },
      running: [before, after],
      acceptThroughput: await acceptThroughput(full),
    };
  } finally {
    await Promise.all([server.stop(), bare.end('SIGTERM'), cloud.stop()]);
  }
}

async function completeSome(client: ApiClient, count: number): Promise<string[]> {
  const ids = await Promise.all(Array.from({ length: count }, (_, n) => deploy(client, TEMPLATE, `quiet-${n}`)));
  await until(async () => (await countOf(client, 'COMPLETED')) === count, 60, `${count} deployments are COMPLETED`);
  return ids.map((id) => `/deployments/${id}`);
}

async function pathsOfRunning(client: ApiClient): Promise<string[]> {
  const running = async (): Promise<boolean> => (await countOf(client, 'IN_PROGRESS')) >= RUNNING;
  await until(running, 60, `${RUNNING} deployments run`);
  const { items } = await client.call('listDeployments', { query: { status: 'IN_PROGRESS', limit: RUNNING } });
  return items.map(({ id }) => `/deployments/${id}`);
}

/** Queries and accepts are offered together. */
async function measureBusy(stage: Stage): Promise<Situation> {
  const throughput = await queryThroughput(stage);
  const [accept, query] = await Promise.all([acceptLatency(stage, 10), queryLatency(stage, 10)]);
  return { accept, query, queryThroughput: throughput };
}

function queryLatency(stage: Stage, seconds = 5): Promise<Pair> {
  return pair(stage, { ...queries(stage), loop: { perSecond: RATES.query }, seconds, warmUp: 1 });
}

function queryThroughput(stage: Stage): Promise<Pair> {
  return pair(stage, { ...queries(stage), loop: { connections: CONNECTIONS }, seconds: 4, warmUp: 1 });
}

function acceptLatency(stage: Stage, seconds: number): Promise<Pair> {
  return pair(stage, { ...accepts(stage), loop: { perSecond: RATES.accept }, seconds, warmUp: 0.5 });
}

function acceptThroughput(stage: Stage): Promise<Pair> {
  return pair(stage, { ...accepts(stage), loop: { connections: CONNECTIONS }, seconds: 3, warmUp: 0.5 });
}

type Order = Omit<LoadOrder, 'url'>;

/** One after the other: at the same time they would measure each other. */
async function pair({ server, bareUrl }: Stage, order: Order): Promise<Pair> {
  const bare = await offerLoad({ ...order, url: bareUrl });
  return { bare, ours: await offerLoad({ ...order, url: server.url }) };
}

function queries({ server, paths }: Stage) {
  return { key: server.key, method: 'GET', paths } as const;
}

function accepts({ server }: Stage) {
  return {
    key: server.key,
    method: 'POST',
    paths: ['/deployments'],
    body: JSON.stringify(requestFor(TEMPLATE, 'load-{n}')),
  } as const;
}
