/**
 * Groundwork as its user starts it: `groundwork start` in a folder with a groundwork.yaml and the embedded PostgreSQL.
 */

import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { type ApiClient, createApiClient } from '../src/contract/client.ts';
import { PACKAGE_ROOT } from '../src/main/package-root.ts';
import { startEmbeddedPostgres } from '../src/store/embedded-postgres.ts';
import { type Running, startProgram } from './child-process.ts';

export interface ControlPlane {
  readonly url: string;
  readonly key: string;
  readonly pid: number;
  readonly client: ApiClient;
  /** The embedded PostgreSQL, for baselines on the same server. */
  readonly databaseUrl: string;
  /** kill -9 of the server; its database and its cloud live on. */
  kill(): Promise<void>;
  /** Starts it again in the same folder. @returns when the process was started, milliseconds since the epoch */
  startAgain(): Promise<number>;
  /** Stops everything and removes the folder. */
  stop(): Promise<void>;
}

const PROGRAM = join(PACKAGE_ROOT, 'bin', 'groundwork.js');
const TEMPLATES = fileURLToPath(new URL('./templates', import.meta.url));
export const REGION = 'us-west-1';

/** How often the region's cloud is called: as a configuration that says nothing about it has it, or as often as can be. */
export type Pace = 'default' | 'unlimited';

export interface ConfiguredRegion {
  readonly name: string;
  readonly authUrl: string;
  readonly pace: Pace;
  /** In the cloud's catalogue; default RegionOne. */
  readonly cloudRegion?: string;
  /** Further settings in `groundwork.yaml`. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

/** @param authUrl of the region's cloud */
export function startControlPlane(authUrl: string, pace: Pace): Promise<ControlPlane> {
  return startControlPlaneFor([{ name: REGION, authUrl, pace }]);
}

export async function startControlPlaneFor(regions: readonly ConfiguredRegion[]): Promise<ControlPlane> {
  const folder = await mkdtemp(join(tmpdir(), 'groundwork-bench-'));
  await configure(folder, regions);
  let { program, url } = await start(folder);
  const key = (await readFile(join(folder, 'data', 'admin.key'), 'utf8')).trim();
  const postgres = await adoptPostgres(folder);
  return {
    key,
    databaseUrl: postgres.url,
    get url() {
      return url;
    },
    get pid() {
      return program.pid;
    },
    get client() {
      return createApiClient({ baseUrl: url, key, fetch });
    },
    kill: () => program.end('SIGKILL'),
    async startAgain() {
      const startedAt = Date.now();
      ({ program, url } = await start(folder));
      return startedAt;
    },
    async stop() {
      await program.end('SIGKILL');
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function configure(folder: string, regions: readonly ConfiguredRegion[]): Promise<void> {
  await mkdir(join(folder, 'templates'));
  await cp(TEMPLATES, join(folder, 'templates'), { recursive: true });
  await writeFile(join(folder, 'clouds.yaml'), cloudsYaml(regions));
  await writeFile(join(folder, 'groundwork.yaml'), groundworkYaml(regions));
}

async function start(folder: string): Promise<{ program: Running; url: string }> {
  const program = startProgram([PROGRAM, 'start'], { cwd: folder });
  const [, url = ''] = await program.line(/^Listening on (\S+)$/);
  return { program, url };
}

function adoptPostgres(folder: string) {
  const host = { platform: process.platform, arch: process.arch, uid: process.getuid?.() ?? 0, tmpdir: tmpdir() };
  return startEmbeddedPostgres({ dataDir: join(folder, 'data'), host });
}

function groundworkYaml(regions: readonly ConfiguredRegion[]): string {
  return stringify({
    server: { port: 0 },
    data_dir: 'data',
    templates_dir: 'templates',
    regions: Object.fromEntries(
      regions.map(({ name, pace, settings }) => [
        name,
        { provider: 'openstack', cloud: name, ...(pace === 'unlimited' ? UNLIMITED : {}), ...settings },
      ]),
    ),
    log: { level: 'error' },
  });
}

const UNLIMITED = { rate_per_second: 10_000, burst: 10_000 };

function cloudsYaml(regions: readonly ConfiguredRegion[]): string {
  const account = { username: 'lab', password: 'lab', project_name: 'lab' };
  const domains = { user_domain_id: 'default', project_domain_id: 'default' };
  const clouds = regions.map(({ name, authUrl, cloudRegion = 'RegionOne' }) => [
    name,
    { auth: { auth_url: authUrl, ...account, ...domains }, region_name: cloudRegion },
  ]);
  return stringify({ clouds: Object.fromEntries(clouds) });
}
