/**
 * Every step of a run done twice, by two workers: the first one dies after the deed and before the engine has noted it.
 */

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { planDeployment } from '../../src/domain/plan-deployment.ts';
import { planDelete } from '../../src/domain/plan-removal.ts';
import type { FailurePolicy } from '../../src/domain/plan.ts';
import type { Logger } from '../../src/ports/logger.ts';
import { noMeasurements } from '../../src/ports/measurements.ts';
import type { RunWorkflow } from '../../src/ports/engine.ts';
import type { NewRun } from '../../src/ports/run-store.ts';
import type { Store } from '../../src/ports/store.ts';
import { createPoller } from '../../src/runs/poller.ts';
import { createRunPlanWorkflow } from '../../src/runs/run-plan-workflow.ts';
import { createRunSteps } from '../../src/runs/run-steps.ts';
import { openPool } from '../../src/store/database.ts';
import { createPostgresStore } from '../../src/store/postgres-store.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { createMemoryRegion, MemoryFault, type MemoryRegion } from '../kit/memory-region.ts';
import { createRestlessEngine, type RestlessEngine } from '../kit/restless-engine.ts';

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const TEMPLATE = {
  vm_config: { web: { flavor: 'small', image: 'linux', count: 2 } },
  network_config: { cidr: '10.0.0.0/16', subnets: { web: '10.0.1.0/24' }, router: {} },
};

let database: TestDatabase;
let store: Store;
let region: MemoryRegion;
let engine: RestlessEngine;
let workflow: RunWorkflow;
const enqueued: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  const pool = openPool(database.url, 10, () => {});
  store = createPostgresStore(pool, async (_, runId) => void enqueued.push(runId));
  await store.templates.add({ name: 'stack', description: null, body: {}, mode: 'new' });
});
afterAll(async () => {
  await store?.close();
  await database?.drop();
});
beforeEach(() => {
  region = createMemoryRegion('here', { buildLooks: 1 });
  const [regions, poller] = [{ get: () => region }, createPoller(silent)];
  const dependencies = { store, regions, poller, log: silent, random: () => 0, newId: randomUUID };
  engine = createRestlessEngine(store.runs);
  workflow = createRunPlanWorkflow(createRunSteps({ ...dependencies, measurements: noMeasurements }));
});

async function deploy(failurePolicy: FailurePolicy = 'rollback'): Promise<{ id: string; run: NewRun }> {
  const id = randomUUID();
  const owner = { id, name: 'job', region: 'here', provider: 'memory', failurePolicy };
  const run = { id: randomUUID(), kind: 'deploy', plan: planDeployment(owner, TEMPLATE, new Map()) } as const;
  const more = {
    status: 'PENDING',
    templateName: 'stack',
    templateVersion: 1,
    parameters: {},
    overrides: {},
    config: TEMPLATE,
    driftPolicy: 'alert',
    expiresAt: null,
    budget: null,
    activeRun: run.id,
  } as const;
  await store.deployments.accept({ deployment: { ...owner, ...more }, run, events: [] });
  return { id, run };
}

async function executeDelete(id: string): Promise<void> {
  const run = {
    id: randomUUID(),
    kind: 'delete',
    plan: planDelete(await store.ledger.resources(id), new Map()),
  } as const;
  const order = { deploymentId: id, run, status: 'DELETING', stillAllowed: () => true, events: [] } as const;
  await store.deployments.acceptRun(order);
  await engine.execute(run.id, workflow);
}

/** How often each key was created in the cloud. */
const creations = (): string[] => region.calls.flatMap(({ verb, key }) => (verb === 'create' ? [key] : [])).toSorted();
const statusOf = async (id: string): Promise<string | undefined> => (await store.deployments.get(id))?.status;

describe('a run whose every step is done twice', () => {
  it('makes everything once, and removes everything', async () => {
    const { id, run } = await deploy();
    await engine.execute(run.id, workflow);
    expect(await statusOf(id)).toBe('COMPLETED');
    // Each node, and the steps begin, graph, decide and sweep.
    expect(engine.deaths).toBe(run.plan.nodes.length + 4);
    const keys = run.plan.nodes.map(({ key }) => key).toSorted();
    // A sibling's call that was on its way when its worker lost the lease may land beside its successor's. Such a twin is
    // swept away before the run ends: what counts is what is there, each once.
    expect([...new Set(creations())]).toEqual(keys);
    expect([...region.objects.values()].map(({ mark }) => mark.key).toSorted()).toEqual(keys);
    await executeDelete(id);
    expect(await statusOf(id)).toBe('DELETED');
    expect(region.objects.size).toBe(0);
  });

  it('rolls back a failure once', async () => {
    region.before = ({ verb, key }) => {
      if (verb === 'create' && key === 'server/web/2') throw new MemoryFault({ class: 'permanent', type: 'Refused' });
    };
    const { id, run } = await deploy();
    await engine.execute(run.id, workflow);
    const { status, error } = (await store.deployments.get(id)) ?? {};
    expect([status, error?.type, error?.rollback_completed]).toEqual(['FAILED', 'Refused', true]);
    expect(region.objects.size).toBe(0);
  });

  it('numbers its events without gaps, and ends each node once', async () => {
    const { id, run } = await deploy();
    await engine.execute(run.id, workflow);
    const events = await store.events.list(id, 0, 1000);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.filter(({ type }) => type === 'run.finished')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'run.started')).toHaveLength(1);
    expect((await store.runs.nodes(run.id)).every(({ state }) => state === 'done')).toBe(true);
    await executeDelete(id);
  });

  it('starts the delete that was ordered meanwhile exactly once', async () => {
    const { id, run } = await deploy();
    await store.deployments.requestCancel({ deploymentId: id, runId: run.id, thenDelete: true });
    enqueued.length = 0;
    await engine.execute(run.id, workflow);
    expect(enqueued).toHaveLength(1);
    expect((await store.deployments.get(id))?.activeRun).toBe(enqueued[0]);
    await engine.execute(enqueued[0] ?? '', workflow);
    expect(await statusOf(id)).toBe('DELETED');
    expect(region.objects.size).toBe(0);
  });

  it('removes a late twin that nobody knows', async () => {
    const { id, run } = await deploy();
    let isLate = true;
    // A request of the dead worker lands when its successor has already looked.
    region.after = async ({ verb, key }) => {
      if (verb !== 'create' || key !== 'network' || !isLate) return;
      isLate = false;
      const [made] = region.objects.values();
      if (made) region.objects.set('twin', { ...made, providerId: 'twin', createdAt: '2099-01-01T00:00:00Z' });
    };
    await engine.execute(run.id, workflow);
    expect(await statusOf(id)).toBe('COMPLETED');
    expect([...region.objects.keys()]).not.toContain('twin');
    expect((await store.events.list(id, 0, 1000)).filter(({ type }) => type === 'sweep.removed')).toHaveLength(1);
  });
});
