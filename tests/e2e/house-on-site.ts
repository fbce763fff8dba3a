/**
 * The server on a cloud, both as real as they can be here: a process configured by files, and projects of its own in an
 * OpenStack that is either simulated or genuine.
 */

import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DeploymentPage } from '../../src/contract/deployment.ts';
import { OpenStackSession } from '../conformance/openstack-session.ts';
import type { OpenStackSite } from '../conformance/openstack-target.ts';
import { createTestDatabase } from '../database.ts';
import { ADMIN_KEY, type Api, createApi, READ_KEY } from './api.ts';
import { type ServerProcess, startServer, type Surroundings } from './program.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/web-app-stack.yaml', import.meta.url));
const AMPLE = { compute: { instances: 100, cores: 200, ram: -1 }, network: { network: 50, router: 50 } };
const TWO_SERVERS = { compute: { instances: 2, cores: 20, ram: -1 }, network: {} };

/** A region of the server, and its project as its user sees it. */
export interface ProjectView {
  /** Everything of the project that the product made, as `network NAME`; of one deployment when it is named. */
  contents(deploymentId?: string): Promise<string[]>;
  setQuota(instances: number): Promise<void>;
  /** A user of the project, freshly logged in: a test may have revoked all tokens. */
  logIn(): Promise<OpenStackSession>;
}

export const REGIONS = ['us-west-1', 'small', 'growing', 'tight'] as const;
export type RegionName = (typeof REGIONS)[number];

export interface HouseOnSite {
  readonly api: Api;
  readonly site: OpenStackSite;
  readonly surroundings: Surroundings;
  readonly projects: Readonly<Record<RegionName, ProjectView>>;
  server: ServerProcess;
  /** Starts the server again after its end; it may get another port. */
  startAgain(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param patienceMs how long one run may take on this cloud
 * @param port to come back to after a restart; 0 lets the system choose
 * @param settings of every region, as in YAML between braces: `sweep: delete, sweep_grace: 0s`
 */
export async function openHouseOnSite(
  openSite: () => Promise<OpenStackSite>,
  patienceMs: number,
  port = 0,
  settings = '',
): Promise<HouseOnSite> {
  const site = await openSite();
  const admin = await OpenStackSession.open(site.authUrl, { ...site.admin });
  const made = await Promise.all(REGIONS.map(async (name) => [name, await makeProject(site, admin, name)] as const));
  const [directory, database] = [await mkdtemp(join(tmpdir(), 'groundwork-e2e-')), await createTestDatabase()];
  const ids = Object.fromEntries(made.map(([name, { id }]) => [name, id]));
  await writeConfiguration(directory, site, ids, settings);
  const environment = { GROUNDWORK_ADMIN_KEY: ADMIN_KEY, READER: READ_KEY, DATABASE_URL: database.url };
  const surroundings = { directory, environment };
  const house: HouseOnSite = {
    server: await startServer(['--port', String(port)], surroundings),
    api: createApi('', patienceMs),
    site,
    surroundings,
    projects: Object.fromEntries(made.map(([name, { view }]) => [name, view])) as HouseOnSite['projects'], // from REGIONS
    async startAgain() {
      house.server = await startServer(['--port', String(port)], surroundings);
      house.api.url = house.server.url;
    },
    async close() {
      await removeEverything(house.api);
      await house.server.end('SIGTERM');
      await database.drop();
      const operator = await OpenStackSession.open(site.authUrl, { ...site.admin });
      for (const [, { id }] of made) await operator.removeProject(id);
      await site.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  house.api.url = house.server.url;
  return house;
}

/** What a failed test left: projects that still hold something would stay in a genuine cloud for ever. */
async function removeEverything(api: Api): Promise<void> {
  const { items } = await api.get<DeploymentPage>('/deployments?limit=200');
  for (const { id } of items) await api.ask('DELETE', `/deployments/${id}`);
  await Promise.allSettled(items.map(({ id }) => api.settled(id)));
}

async function makeProject(site: OpenStackSite, admin: OpenStackSession, name: RegionName) {
  const id = await admin.makeProject(`e2e-${name}-${randomUUID()}`, site.user.username);
  await admin.setQuota(id, name === 'us-west-1' ? AMPLE : TWO_SERVERS);
  const logIn = () => OpenStackSession.open(site.authUrl, { ...site.user, projectId: id });
  const view: ProjectView = {
    logIn,
    contents: async (deploymentId = '') => contentsOf(await logIn(), id, deploymentId),
    setQuota: (instances) => admin.setQuota(id, { compute: { instances }, network: {} }),
  };
  return { id, view };
}

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly device_owner?: string;
}

/** Ports of DHCP come and go with their network; they are nobody's. */
async function contentsOf(session: OpenStackSession, project: string, deploymentId: string): Promise<string[]> {
  const { servers } = await session.at<{ servers: Listed[] }>('compute', 'GET', '/servers/detail');
  const neutron = await Promise.all(
    ['networks', 'subnets', 'routers', 'ports'].map(async (plural) => {
      const listed = await session.at<Record<string, Listed[]>>('network', 'GET', `/${plural}?project_id=${project}`);
      return (listed[plural] ?? []).map((one) => ({ ...one, kind: plural.slice(0, -1) }));
    }),
  );
  return [...servers.map((one) => ({ ...one, kind: 'server' })), ...neutron.flat()]
    .filter((one) => one.device_owner !== 'network:dhcp')
    .filter((one) => JSON.stringify([one.description, one.metadata]).includes(deploymentId))
    .map(({ kind, name, id }) => `${kind} ${name || id}`)
    .toSorted();
}

async function writeConfiguration(
  directory: string,
  { authUrl, regionName, user }: OpenStackSite,
  projects: Readonly<Record<string, string>>,
  settings: string,
): Promise<void> {
  const clouds = REGIONS.map(
    (name) => `  ${name}:
    region_name: ${regionName}
    auth: {auth_url: '${authUrl}', username: ${user.username}, password: ${user.password}, user_domain_id: default, project_id: ${projects[name]}}
`,
  );
  await writeFile(join(directory, 'clouds.yaml'), `clouds:\n${clouds.join('')}`);
  const prices = 'prices: {currency: EUR, flavors: {m1.tiny: 0.02}}';
  const regions = REGIONS.map(
    (name) => `  ${name}: {provider: openstack, cloud: ${name}, clouds_file: clouds.yaml, ${prices}, ${settings}}\n`,
  );
  const keys = 'api_keys:\n  - {name: reader, scope: read, key_env: READER}\n';
  const webhooks = 'webhooks: {allow_addresses: [127.0.0.1/32]}\n';
  const text = `data_dir: data\ntemplates_dir: templates\n${webhooks}regions:\n${regions.join('')}${keys}`;
  await writeFile(join(directory, 'groundwork.yaml'), text);
  await mkdir(join(directory, 'templates'));
  await copyFile(EXAMPLE, join(directory, 'templates', 'web-app-stack.yaml'));
}
