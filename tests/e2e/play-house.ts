/**
 * A server with playbooks, on a simulated cloud whose servers have the addresses that the plan gives them: what is real about
 * the hosts behind these addresses is the caller's business.
 */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ConfigureAccepted } from '../../src/contract/configure.ts';
import type { Deployment } from '../../src/contract/deployment.ts';
import type { DeploymentEvent } from '../../src/contract/event.ts';
import type { Run } from '../../src/contract/run.ts';
import { createTestDatabase } from '../database.ts';
import { ADMIN_KEY, type Api, createApi } from './api.ts';
import { type ServerProcess, startServer } from './program.ts';
import { openSimulatedSite } from './simulated-site.ts';

export interface PlayHouse {
  readonly api: Api;
  /** Of the server: configuration, playbooks, data. */
  readonly directory: string;
  readonly playbooks: string;
  readonly dataDir: string;
  server: ServerProcess;
  startAgain(): Promise<void>;
  /** A deployment of the template, COMPLETED. */
  deploy(name: string, counts: Readonly<Record<string, number>>): Promise<Deployment>;
  /** Asks for a play. @throws AssertionError unless it is accepted */
  configure(id: string, body: object): Promise<ConfigureAccepted>;
  /** Asks for a play and waits for its end. */
  played(id: string, body: object): Promise<{ run: Run; deployment: Deployment; output: readonly string[] }>;
  run(id: string, runId: string): Promise<Run>;
  /** Lines that a run printed, as events tell them; checks that none is missing or twice. */
  output(id: string, runId: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface PlayHouseOptions {
  /** `ansible_playbook` of the configuration. */
  readonly command?: string;
  /** `ansible` of the region, as YAML in flow style. */
  readonly settings?: string;
  readonly playbooks?: string;
  readonly patienceMs: number;
}

const REGION = 'us-west-1';

/** Three tiers, each on a subnet of its own in 198.18.77.0/24: web from .10, db from .74, lost from .138. */
const TEMPLATE = `name: play-stack
vm_config:
  web: {flavor: m1.small, image: ubuntu-22.04, count: 1, min_count: 0, subnet: web}
  db: {flavor: m1.small, image: ubuntu-22.04, count: 0, min_count: 0, subnet: db}
  lost: {flavor: m1.small, image: ubuntu-22.04, count: 0, min_count: 0, subnet: lost}
network_config:
  cidr: 198.18.77.0/24
  subnets: {web: 198.18.77.0/26, db: 198.18.77.64/26, lost: 198.18.77.128/26}
`;

export async function openPlayHouse(options: PlayHouseOptions): Promise<PlayHouse> {
  const site = await openSimulatedSite();
  const directory = await mkdtemp(join(tmpdir(), 'groundwork-play-'));
  const database = await createTestDatabase();
  const playbooks = options.playbooks ?? join(directory, 'playbooks');
  await writeFiles(directory, playbooks, site.authUrl, options);
  const environment = {
    GROUNDWORK_ADMIN_KEY: ADMIN_KEY,
    DATABASE_URL: database.url,
    A_SECRET_OF_THE_SERVER: 'must-not-leak',
  };
  const start = () => startServer(['--port', '0'], { directory, environment });
  const api = createApi('', options.patienceMs);
  const house: PlayHouse = {
    api,
    directory,
    playbooks,
    dataDir: join(directory, 'data'),
    server: await start(),
    async startAgain() {
      house.server = await start();
      api.url = house.server.url;
    },
    async deploy(name, counts) {
      const parameters = Object.fromEntries(Object.entries(counts).map(([tier, count]) => [`${tier}_count`, count]));
      const { id } = await api.deploy({ name, template: 'play-stack', cloud_region: REGION, parameters });
      const deployment = await api.settled(id);
      expect(deployment.status).toBe('COMPLETED');
      return deployment;
    },
    async configure(id, body) {
      const answer = await api.ask<ConfigureAccepted>('POST', `/deployments/${id}/configure`, { body });
      expect([answer.status, answer.body]).toEqual([202, answer.body]);
      expect(answer.body).toEqual({ deployment_id: id, status: 'CONFIGURING', run_id: expect.any(String) });
      return answer.body;
    },
    async played(id, body) {
      const { run_id: runId } = await house.configure(id, body);
      const deployment = await api.settled(id);
      return { deployment, run: await house.run(id, runId), output: await house.output(id, runId) };
    },
    run: (id, runId) => api.get<Run>(`/deployments/${id}/runs/${runId}`),
    output: async (id, runId) => linesOf(await allEvents(api, id), runId),
    async close() {
      await house.server.end('SIGTERM');
      await database.drop();
      await site.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  api.url = house.server.url;
  return house;
}

async function writeFiles(
  directory: string,
  playbooks: string,
  authUrl: string,
  { command, settings }: PlayHouseOptions,
): Promise<void> {
  await mkdir(join(directory, 'templates'));
  await mkdir(playbooks, { recursive: true });
  await writeFile(join(directory, 'templates', 'play-stack.yaml'), TEMPLATE);
  const auth = `{auth_url: '${authUrl}', username: lab, password: lab, project_name: lab, user_domain_id: default, project_domain_id: default}`;
  await writeFile(join(directory, 'clouds.yaml'), `clouds:\n  lab: {region_name: RegionOne, auth: ${auth}}\n`);
  const ansible = settings === undefined ? '' : `, ansible: ${settings}`;
  const program = command === undefined ? '' : `ansible_playbook: ${command}\n`;
  const region = `regions:\n  ${REGION}: {provider: openstack, cloud: lab, clouds_file: clouds.yaml${ansible}}\n`;
  const config = `data_dir: data\ntemplates_dir: templates\nplaybooks_dir: ${playbooks}\n${program}${region}`;
  await writeFile(join(directory, 'groundwork.yaml'), config);
}

/** All pages. */
export async function allEvents(api: Api, id: string): Promise<DeploymentEvent[]> {
  const events: DeploymentEvent[] = [];
  for (let after = 0; ;) {
    const page = await api.get<{ items: DeploymentEvent[]; next_after: number }>(
      `/deployments/${id}/events?after=${after}`,
    );
    if (page.items.length === 0) return events;
    events.push(...page.items);
    after = page.next_after;
  }
}

interface OutputData {
  readonly attempt: number;
  readonly lines: readonly { readonly n: number; readonly stream: string; readonly text: string }[];
}

/** Numbers count from 1 in each attempt, without gaps. */
function linesOf(events: readonly DeploymentEvent[], runId: string): string[] {
  const told = events.flatMap(({ type, run_id: of, data }) =>
    type === 'play.output' && of === runId ? [data as unknown as OutputData] : [],
  );
  const attempts = [...new Set(told.map(({ attempt }) => attempt))];
  expect(attempts).toEqual(attempts.toSorted((a, b) => a - b));
  return attempts.flatMap((attempt) => {
    const lines = told.flatMap((data) => (data.attempt === attempt ? data.lines : []));
    expect(lines.map(({ n }) => n)).toEqual(lines.map((_, index) => index + 1));
    return lines.map(({ text }) => text);
  });
}
