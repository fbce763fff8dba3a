/**
 * The crash matrix against real OpenStack services, for a stated subset: the server is killed at six random instants of a
 * deploy and three of a delete, in a project of its own, and the project is compared with the ledger after each.
 * `CRASH_SEED` repeats the instants.
 */

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { OpenStackSession } from '../../conformance/openstack-session.ts';
import { instant } from '../../crash/blow.ts';
import { killAll } from '../../crash/child-process.ts';
import type { CloudRow, CloudState } from '../../crash/cloud-process.ts';
import { until } from '../../crash/lane.ts';
import { beyond, markedIn, reckon, strayPorts } from '../../crash/reckoning.ts';
import { seededRandom } from '../../crash/seeded-random.ts';
import { REGION, startWorker, type Worker } from '../../crash/worker-process.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { isLaboratoryThere, readLaboratory } from './laboratory.ts';

const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);
const DEPLOYS_STRUCK = 6;
const DELETES_STRUCK = 3;
const SETTLED_WITHIN_MS = 120_000;
const KEYS = ['interface/web', 'network', 'router', 'server/web/1', 'server/web/2', 'subnet/web'];

if (isLaboratoryThere()) {
  it(
    `keeps cloud and ledger together when the server is killed at random (seed ${SEED})`,
    strikeAtRandom,
    SETTLED_WITHIN_MS * 3,
  );
} else {
  it.skip('keeps cloud and ledger together on real OpenStack when the server is killed');
}

let home: string;
let database: TestDatabase;
let pool: pg.Pool;
let admin: OpenStackSession;
let user: OpenStackSession;
let projectId: string;
let worker: Worker;
let starts = 0;

beforeAll(async () => {
  if (!isLaboratoryThere()) return;
  const site = readLaboratory();
  home = await mkdtemp(join(tmpdir(), 'groundwork-crash-'));
  database = await createTestDatabase();
  pool = new pg.Pool({ connectionString: database.url });
  admin = await OpenStackSession.open(site.authUrl, site.admin);
  projectId = await admin.makeProject(`crash-${randomUUID()}`, site.user.username);
  user = await OpenStackSession.open(site.authUrl, { ...site.user, projectId });
  worker = await start();
  await worker.call('POST', '/templates', {
    name: 'small',
    network_config: {
      cidr: '10.0.0.0/16',
      subnets: { web: '10.0.1.0/24' },
      router: { external_network: site.externalNetwork },
    },
    vm_config: { web: { flavor: site.flavor, image: site.image, count: 2 } },
  });
});
afterAll(async () => {
  await killAll();
  await pool?.end();
  await database?.drop();
  await admin?.removeProject(projectId);
  if (home) await rm(home, { recursive: true, force: true });
});

async function strikeAtRandom(): Promise<void> {
  const random = seededRandom(SEED);
  const before = await project();
  const first = await passThrough(before, {});
  const results = [first];
  for (let count = 0; count < DEPLOYS_STRUCK; count += 1) {
    const blows = {
      deploy: random() * first.deployMs,
      ...(count < DELETES_STRUCK ? { remove: random() * first.deleteMs } : {}),
    };
    results.push(await passThrough(before, blows));
  }
  process.stdout.write(`\n${tableOf(results)}\n(real OpenStack, seed ${SEED})\n`);
  expect(results.flatMap(({ faults }) => faults)).toEqual([]);
}

interface Blows {
  /** Milliseconds after the order. */
  readonly deploy?: number;
  readonly remove?: number;
}

interface Result {
  readonly blows: Blows;
  readonly deployMs: number;
  readonly deleteMs: number;
  readonly faults: readonly string[];
}

/** Deploys and deletes, struck or not, and reckons after each. */
async function passThrough(before: CloudState, blows: Blows): Promise<Result> {
  const name = `crash-${randomUUID().slice(0, 8)}`;
  const order = { name, template: 'small', cloud_region: REGION };
  const began = performance.now();
  const id = await carryOut(name, 'COMPLETED', blows.deploy, () =>
    worker.call('POST', '/deployments', order, { 'idempotency-key': name }),
  );
  const deployMs = performance.now() - began;
  const made = await project();
  const found = await reckon(pool, markedIn(made), { deploymentId: id, keys: KEYS });
  const deleteBegan = performance.now();
  await carryOut(name, 'DELETED', blows.remove, () => worker.call('DELETE', `/deployments/${id}`));
  const deleteMs = performance.now() - deleteBegan;
  const after = await project();
  const left = await reckon(pool, markedIn(after), { deploymentId: id, keys: [] });
  const at = `killed ${describe(blows)}`;
  const faults = [
    ...[...found.orphans, ...left.orphans].map((what) => `${at}: orphan ${what}`),
    ...[...found.duplicates, ...left.duplicates].map((what) => `${at}: duplicate ${what}`),
    ...[...found.wrong, ...strayPorts(made), ...left.wrong, ...beyond(before, after)].map((what) => `${at}: ${what}`),
  ];
  return { blows, deployMs, deleteMs, faults };
}

/** Orders, strikes, starts again, orders again if the answer was lost, and waits for the end. */
async function carryOut(
  name: string,
  endsAs: string,
  blowMs: number | undefined,
  order: () => ReturnType<Worker['call']>,
): Promise<string> {
  const answer = order().catch(() => undefined);
  if (blowMs !== undefined) {
    await instant(blowMs);
    await worker.kill();
    worker = await start();
  }
  if ((await answer) === undefined) await order();
  let last: unknown;
  const id = await until(async () => {
    const { rows } = await pool.query<{ id: string; status: string; error: unknown }>(
      `select id, status, error from deployments where name = $1`,
      [name],
    );
    last = rows[0];
    return rows[0]?.status === endsAs ? rows[0].id : undefined;
  }, SETTLED_WITHIN_MS);
  if (id === undefined) throw new Error(`${name} did not become ${endsAs} but is ${JSON.stringify(last)}`);
  return id;
}

function start(): Promise<Worker> {
  const site = readLaboratory();
  starts += 1;
  return startWorker({
    home: join(home, `worker-${starts}`),
    databaseUrl: database.url,
    cloud: 'own',
    cloudsYaml: `clouds:
  own:
    region_name: ${site.regionName}
    auth:
      auth_url: ${site.authUrl}
      username: ${site.user.username}
      password: ${site.user.password}
      user_domain_id: default
      project_id: ${projectId}
`,
  });
}

/** What is in the project, by the cloud's own lists. */
async function project(): Promise<CloudState> {
  const listed = await Promise.all(
    (['networks', 'subnets', 'routers', 'ports'] as const).map((table) =>
      user.at<Record<string, CloudRow[]>>('network', 'GET', `/${table}?project_id=${projectId}`),
    ),
  );
  const { servers } = await user.at<{ servers: CloudRow[] }>('compute', 'GET', '/servers/detail');
  return Object.assign({ servers }, ...listed) as CloudState;
}

function describe({ deploy, remove }: Blows): string {
  const at = (ms: number | undefined): string => (ms === undefined ? '-' : `${Math.round(ms)} ms`);
  return `deploy ${at(deploy)}, delete ${at(remove)}`;
}

function tableOf(results: readonly Result[]): string {
  const line = ({ blows, deployMs, deleteMs, faults }: Result): string =>
    `${describe(blows).padEnd(36)}  deploy ${(deployMs / 1000).toFixed(1)} s  delete ${(deleteMs / 1000).toFixed(1)} s  faults ${faults.length}`;
  return ['killed at', ...results.map(line)].join('\n');
}
