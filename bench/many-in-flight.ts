/**
 * A thousand deployments in flight at the same time in one region whose cloud is slow: whether all are completed, whether the API
 * answers meanwhile, whether memory stays bounded, and whether a second region with a quick cloud is served as if it were
 * alone.
 */

import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '../src/contract/client.ts';
import { type ConfiguredRegion, type ControlPlane, startControlPlaneFor } from './control-plane.ts';
import { deploy, requestFor, untilCompleted } from './deployments.ts';
import { type LoadOrder, type LoadResult, offerLoad } from './load.ts';
import { median } from './quantiles.ts';
import { startSimulatedRegion } from './simulated-region.ts';

export const DEPLOYMENTS = 1_000;
export const ACCEPTS_PER_SECOND = 50;
export const ASKED_PER_SECOND = { query: 20, list: 2 };
const ACCEPT_SECONDS = DEPLOYMENTS / ACCEPTS_PER_SECOND;
const TEMPLATE = 'six-resources';
/** The flooded region's cloud: every call is slow, and servers take longer than it takes to accept all deployments. */
export const SLOW = { everyCall: 100, serverBuild: 45_000, jitter: 0.2 };
/** The other one's. */
export const QUICK = { serverBuild: 500 };
const QUIET_PROBES = 7;
const PROBE_EVERY_MS = 1_000;
/** Beyond it something hangs. */
const PATIENCE_SECONDS = 220;
const ROUND_SECONDS = 10;
const SAMPLE = 100;

export interface ManyInFlight {
  /** From the first request to the end of the last run, in seconds. */
  readonly seconds: number;
  readonly mostInFlight: number;
  /** Rounds of ten seconds each. */
  readonly query: readonly LoadResult[];
  readonly list: readonly LoadResult[];
  readonly accept: LoadResult;
  /** Resident set in MB at the beginning and each second. */
  readonly memory: { readonly before: number; readonly samples: readonly number[]; readonly after: number };
  /** A deployment in the quick region from the request to COMPLETED, in milliseconds. */
  readonly probes: { readonly quiet: readonly number[]; readonly during: readonly number[] };
}

interface Stage {
  readonly server: ControlPlane;
  /** Aborted when the last deployment is completed. */
  readonly over: AbortSignal;
}

export async function measureManyInFlight(): Promise<ManyInFlight> {
  const [flooded, quick] = await Promise.all([startSimulatedRegion(), startSimulatedRegion()]);
  const server = await startControlPlaneFor([regionOf('flooded', flooded.authUrl), regionOf('quick', quick.authUrl)]);
  try {
    await Promise.all([flooded.delay(SLOW), quick.delay(QUICK)]);
    const quiet: number[] = [];
    for (let n = 0; n < QUIET_PROBES; n += 1) quiet.push(await probe(server.client, `quiet-${n}`));
    return await flood(server, quiet);
  } finally {
    await server.stop();
    await Promise.all([flooded.stop(), quick.stop()]);
  }
}

function regionOf(name: string, authUrl: string): ConfiguredRegion {
  return { name, authUrl, pace: 'default' };
}

async function flood(server: ControlPlane, quiet: readonly number[]): Promise<ManyInFlight> {
  const before = await residentSet(server.pid);
  const over = new AbortController();
  const stage = { server, over: over.signal };
  const began = performance.now();
  const beside = [
    rounds(stage, ASKED_PER_SECOND.query, async () => (await someIds(server.client)).map((id) => `/deployments/${id}`)),
    rounds(stage, ASKED_PER_SECOND.list, async () => LISTS),
  ] as const;
  const measuring = Promise.all([...beside, acceptAll(server), probing(stage), watchMemory(stage)]);
  const ended = watchProgress(server.client).finally(() => over.abort());
  const [[query, list, accept, during, samples], { mostInFlight, endedAt }] = await Promise.all([measuring, ended]);
  return {
    seconds: (endedAt - began) / 1000,
    mostInFlight,
    query,
    list,
    accept,
    memory: { before, samples, after: await residentSet(server.pid) },
    probes: { quiet, during },
  };
}

const LISTS = ['/deployments?limit=50', '/deployments?status=IN_PROGRESS&limit=100', '/deployments?cloud_region=quick'];

function acceptAll({ url, key }: ControlPlane): Promise<LoadResult> {
  const body = JSON.stringify(requestFor(TEMPLATE, 'flood-{n}', 'flooded'));
  const loop = { perSecond: ACCEPTS_PER_SECOND };
  return offerLoad({
    url,
    key,
    method: 'POST',
    paths: ['/deployments'],
    body,
    loop,
    seconds: ACCEPT_SECONDS,
    warmUp: 0,
  });
}

/** Offers reading requests until it is over, ten seconds at a time. */
async function rounds(
  { server, over }: Stage,
  perSecond: number,
  paths: () => Promise<string[]>,
): Promise<LoadResult[]> {
  const results: LoadResult[] = [];
  const { url, key } = server;
  const order: Omit<LoadOrder, 'paths'> = {
    url,
    key,
    method: 'GET',
    loop: { perSecond },
    seconds: ROUND_SECONDS,
    warmUp: 0,
  };
  while (!over.aborted) results.push(await offerLoad({ ...order, paths: await paths() }));
  return results;
}

/** A page of the list, from a place that changes. */
async function someIds(client: ApiClient): Promise<string[]> {
  const status = Math.random() < 0.5 ? ({ status: 'IN_PROGRESS' } as const) : {};
  const { items, next } = await client.call('listDeployments', { query: { ...status, limit: SAMPLE } });
  const further = next
    ? await client.call('listDeployments', { query: { ...status, limit: SAMPLE, cursor: next } })
    : undefined;
  const ids = [...items, ...(further?.items ?? [])].map(({ id }) => id);
  // The very first round may begin before the first deployment.
  return ids.length > 0 ? ids.toSorted(() => Math.random() - 0.5) : someIds(client);
}

async function probing({ server, over }: Stage): Promise<number[]> {
  const took: number[] = [];
  while (!over.aborted) {
    took.push(await probe(server.client, `probe-${took.length}`));
    await delay(PROBE_EVERY_MS);
  }
  return took;
}

/** @returns milliseconds from the request to the event that ends the run */
async function probe(client: ApiClient, name: string): Promise<number> {
  const began = Date.now();
  const id = await deploy(client, TEMPLATE, name, 'quick');
  await untilCompleted(client, id, PATIENCE_SECONDS);
  const { items } = await client.call('listEvents', { params: { id }, query: { limit: 1000 } });
  return Date.parse(items.find(({ type }) => type === 'run.finished')?.at ?? '') - began;
}

async function watchMemory({ server, over }: Stage): Promise<number[]> {
  const samples: number[] = [];
  while (!over.aborted) {
    samples.push(await residentSet(server.pid));
    await delay(1_000);
  }
  return samples;
}

/** @returns MB (10^6 bytes). https://man7.org/linux/man-pages/man5/proc_pid_status.5.html (VmRSS, in kibibytes) */
async function residentSet(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024) / 1e6;
}

/** @throws Error when a deployment fails, or when they are not completed in time */
async function watchProgress(client: ApiClient): Promise<{ mostInFlight: number; endedAt: number }> {
  const count = async (status: 'PENDING' | 'IN_PROGRESS' | 'COMPLETED' | 'FAILED'): Promise<number> =>
    (await client.call('listDeployments', { query: { status, cloud_region: 'flooded', limit: 1 } })).total;
  const deadline = performance.now() + PATIENCE_SECONDS * 1000;
  let mostInFlight = 0;
  while (performance.now() < deadline) {
    const [waiting, inProgress, completed, failed] = await Promise.all(
      (['PENDING', 'IN_PROGRESS', 'COMPLETED', 'FAILED'] as const).map(count),
    );
    if (failed) throw new Error(`${failed} of ${DEPLOYMENTS} deployments failed`);
    if (completed === DEPLOYMENTS) return { mostInFlight, endedAt: performance.now() };
    mostInFlight = Math.max(mostInFlight, (waiting ?? 0) + (inProgress ?? 0));
    await delay(500);
  }
  throw new Error(
    `not all deployments were completed within ${PATIENCE_SECONDS} s; at most ${mostInFlight} were in flight`,
  );
}

/** Of rounds: the worst of all, and the middle of their medians. */
export function overall(rounds: readonly LoadResult[]): { p50: number; p99: number; worst: number } {
  const highest = (figure: 'p99' | 'worst') => Math.max(...rounds.map((round) => round[figure]));
  return { p50: median(rounds.map(({ p50 }) => p50)), p99: highest('p99'), worst: highest('worst') };
}
