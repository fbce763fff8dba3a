/**
 * How long a killed server is missed: kill -9 in the middle of a deploy, start again, and look when the run goes on. The
 * first event of the continued run is the proof; its time is the database's own, on the same machine's clock.
 */

import { startControlPlane } from './control-plane.ts';
import { deploy, until, untilCompleted } from './deployments.ts';
import { median } from './quantiles.ts';
import { startSimulatedRegion } from './simulated-region.ts';

const ROUNDS = 5;
/** Long enough that the kill falls between the servers' creation and their end. */
const SERVER_BUILD_MS = 4_000;
/** Network, subnets, router and interfaces are there, servers are being built. */
const DONE_BEFORE_KILL = 8;

/** Medians and worst, in milliseconds from the start of the process. */
export interface Restart {
  readonly listening: number;
  readonly resumed: number;
  readonly worst: number;
}

export async function measureRestart(): Promise<Restart> {
  const cloud = await startSimulatedRegion();
  const server = await startControlPlane(cloud.authUrl, 'default');
  const [listening, resumed]: [number[], number[]] = [[], []];
  try {
    await cloud.delay({ serverBuild: SERVER_BUILD_MS });
    for (let round = 0; round < ROUNDS; round += 1) {
      const id = await deploy(server.client, 'three-tiers', `restart-${round}`);
      const events = async () =>
        (await server.client.call('listEvents', { params: { id }, query: { limit: 1000 } })).items;
      const isHalfDone = async (): Promise<boolean> =>
        (await events()).filter(({ type }) => type === 'node.done').length >= DONE_BEFORE_KILL;
      await until(isHalfDone, 30, 'half of the deployment is done');

      await server.kill();
      const startedAt = await server.startAgain();
      listening.push(Date.now() - startedAt);
      const continued = async (): Promise<boolean> => (await events()).some(({ at }) => Date.parse(at) >= startedAt);
      await until(continued, 30, 'the run goes on');
      const first = (await events()).find(({ at }) => Date.parse(at) >= startedAt);
      resumed.push(Date.parse(first?.at ?? '') - startedAt);
      await untilCompleted(server.client, id, 60);
    }
  } finally {
    await Promise.all([server.stop(), cloud.stop()]);
  }
  return { listening: median(listening), resumed: median(resumed), worst: Math.max(...resumed) };
}
