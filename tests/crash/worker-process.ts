/**
 * One Groundwork server as users run it: `groundwork start` with a configuration file, a database of its own choosing and
 * one OpenStack region. Whatever a test wants of it goes through the HTTP API.
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type Child, launch } from './child-process.ts';

export const REGION = 'crash-region';
const KEY = 'key-of-the-crash-tests-0123456789abcdef';

export interface WorkerOrder {
  /** Directory of its own: configuration, data, log. */
  readonly home: string;
  readonly databaseUrl: string;
  readonly cloudsYaml: string;
  readonly cloud: string;
  readonly onSpawn?: (child: Child) => void;
}

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export interface Worker extends Child {
  readonly url: string;
  readonly logFile: string;
  /** @throws when the server is gone before it has answered */
  call(method: string, path: string, body?: object, headers?: Record<string, string>): Promise<Answer>;
}

export async function startWorker(order: WorkerOrder): Promise<Worker> {
  const { home } = order;
  await mkdir(home, { recursive: true });
  await writeFile(join(home, 'clouds.yaml'), order.cloudsYaml);
  await writeFile(join(home, 'groundwork.yaml'), configuration(order));
  const logFile = join(home, 'server.log');
  const { child, captured: url } = await launch({
    words: ['dist/src/main/cli.js', 'start', '--config', join(home, 'groundwork.yaml')],
    environment: { DATABASE_URL: order.databaseUrl, GROUNDWORK_ADMIN_KEY: KEY },
    directory: home,
    logFile,
    ready: /Listening on (http\S+)/,
    ...(order.onSpawn && { onSpawn: order.onSpawn }),
  });
  return { ...child, url, logFile, call: (...words) => call(url, ...words) };
}

function configuration({ home, cloud }: WorkerOrder): string {
  const region = {
    provider: 'openstack',
    cloud,
    clouds_file: join(home, 'clouds.yaml'),
    concurrency: 16,
    rate_per_second: 500,
    burst: 500,
    // Nobody looks unless a case asks for it: its calls would come between.
    drift_interval: '0s',
  };
  return JSON.stringify({
    server: { host: '127.0.0.1', port: 0 },
    data_dir: join(home, 'data'),
    regions: { [REGION]: region },
    log: { level: 'info', format: 'json' },
  });
}

async function call(
  url: string,
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { 'x-api-key': KEY, ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
}
