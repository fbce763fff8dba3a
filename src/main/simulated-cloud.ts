/**
 * The simulated cloud beside a server that was configured with none: a process of its own with its state in the data
 * directory, like a real cloud it does not care whether we live. One that survived us is adopted.
 */

import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config/load-config.ts';
import { isAlive } from './is-alive.ts';
import { PACKAGE_ROOT } from './package-root.ts';

export const SIMULATED_REGION = 'us-west-1';
const PROGRAM = join(PACKAGE_ROOT, 'dist', 'simulators', 'openstack', 'main.js');
const LIFELIKE_DELAYS = 'serverBuild=3000,serverDelete=1000,networkCreate=100,jitter=0.3';
const READY_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 25;

/** Written by us once the simulator answers. */
interface Instance {
  readonly pid: number;
  readonly authUrl: string;
}

export interface SimulatedCloud {
  readonly regions: Config['regions'];
  readonly authUrl: string;
  readonly adopted: boolean;
  stop(): Promise<void>;
}

export interface SimulatedCloudOptions {
  readonly dataDir: string;
  /** For example `serverBuild=2000`; see the simulator's own help. Default: a few seconds for a server, as a quick cloud takes. */
  readonly delays?: string;
}

/** @throws Error with the simulator's last words when it does not come up */
export async function startSimulatedCloud({
  dataDir,
  delays = LIFELIKE_DELAYS,
}: SimulatedCloudOptions): Promise<SimulatedCloud> {
  const home = join(dataDir, 'simulated-openstack');
  await mkdir(home, { recursive: true });
  const running = await findRunning(home);
  const instance = running ?? (await launch(home, delays));
  const clouds = join(home, 'clouds.yaml');
  await writeFile(clouds, cloudsYaml(instance.authUrl), { mode: 0o600 });
  return {
    authUrl: instance.authUrl,
    adopted: running !== undefined,
    regions: {
      [SIMULATED_REGION]: {
        provider: 'openstack',
        cloud: 'simulated',
        clouds_file: clouds,
        concurrency: 16,
        rate_per_second: 500,
        burst: 500,
        drift_interval: '5m',
        heal_limit: 3,
        heal_window: '30m',
        heal_max_missing_share: 50,
        sweep: 'report',
        sweep_grace: '10m',
        sweep_max_count: 10,
        sweep_max_share: 20,
      },
    },
    stop: () => stop(home, instance.pid),
  };
}

async function findRunning(home: string): Promise<Instance | undefined> {
  try {
    const instance = JSON.parse(await readFile(join(home, 'running.json'), 'utf8')) as Instance;
    const answer = await fetch(instance.authUrl, { signal: AbortSignal.timeout(2_000) });
    return answer.status < 500 && isAlive(instance.pid) ? instance : undefined;
  } catch {
    // No file, or nobody answers there: start one.
    return undefined;
  }
}

async function launch(home: string, delays: string): Promise<Instance> {
  const log = openSync(join(home, 'simulator.log'), 'w');
  const port = await previousPort(home);
  const words = [
    PROGRAM,
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--data-dir',
    join(home, 'state'),
    '--region',
    'RegionOne',
  ];
  const child = spawn(process.execPath, [...words, '--delays', delays], {
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.unref();
  const authUrl = await readyLine(home, () => child.exitCode ?? child.signalCode);
  const instance = { pid: child.pid ?? 0, authUrl };
  await writeFile(join(home, 'running.json'), JSON.stringify(instance));
  return instance;
}

/** The address should survive a restart, as a real cloud's does; 0 lets the system choose the first time. */
async function previousPort(home: string): Promise<number> {
  try {
    return Number(new URL((JSON.parse(await readFile(join(home, 'running.json'), 'utf8')) as Instance).authUrl).port);
  } catch {
    return 0;
  }
}

async function readyLine(home: string, ended: () => number | string | null): Promise<string> {
  const path = join(home, 'simulator.log');
  const deadline = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadline && ended() === null) {
    const url = /"auth_url":\s*"([^"]+)"/.exec(await readFile(path, 'utf8'))?.[1];
    if (url !== undefined) return url;
    await delay(LOOK_EVERY_MS);
  }
  throw new Error(`the simulated cloud did not start; its last words: ${(await readFile(path, 'utf8')).slice(-500)}`);
}

async function stop(home: string, pid: number): Promise<void> {
  if (isAlive(pid)) process.kill(pid, 'SIGTERM');
  const deadline = performance.now() + 5_000;
  while (isAlive(pid) && performance.now() < deadline) await delay(LOOK_EVERY_MS);
  if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  await rm(join(home, 'simulator.log'), { force: true });
}

function cloudsYaml(authUrl: string): string {
  return `clouds:
  simulated:
    auth:
      auth_url: ${authUrl}
      username: lab
      password: lab
      project_name: lab
      user_domain_id: default
      project_domain_id: default
    region_name: RegionOne
`;
}
