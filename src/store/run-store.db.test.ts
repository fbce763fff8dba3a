import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunStatus } from '../domain/deployment.ts';
import type { Lease } from '../ports/run-store.ts';
import {
  acceptance,
  acceptAndClaim,
  claim,
  newRun,
  openStoreBench,
  PLAN,
  type StoreBench,
} from './testing/store-bench.ts';

let bench: StoreBench;
beforeAll(async () => {
  bench = await openStoreBench();
});
afterAll(() => bench?.close());

const END = { error: null, leftOver: [], thenDelete: false } as const;
const finish = (lease: Lease, status: RunStatus, more: object = {}) =>
  bench.store.runs.finish(lease, { ...END, status, deploymentStatus: 'COMPLETED', ...more });

describe('taking a run up', () => {
  it('gives each taker a higher fence, so that of many at once only the last holds it', async () => {
    const input = acceptance();
    await bench.store.deployments.accept(input);
    const leases = await Promise.all(Array.from({ length: 8 }, () => claim(bench.store, input.run.id)));
    expect(leases.map(({ fence }) => fence).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const holders = await Promise.all(leases.map((lease) => bench.store.runs.holds(lease)));
    expect(leases.filter((_, index) => holders[index]).map(({ fence }) => fence)).toEqual([8]);
  });

  it.each(['succeeded', 'failed', 'cancelled', 'held'] as const)('is not possible once it %s', async (status) => {
    const { lease } = await acceptAndClaim(bench.store);
    await finish(lease, status);
    expect(await bench.store.runs.claim(lease.runId, 'late')).toBeUndefined();
  });

  it('is not possible for a run that does not exist', async () => {
    expect(await bench.store.runs.claim(randomUUID(), 'anybody')).toBeUndefined();
  });
});

describe('watching leases', () => {
  it('tells which were taken over and which were ordered to stop', async () => {
    const [kept, taken, cancelled] = await Promise.all([1, 2, 3].map(() => acceptAndClaim(bench.store)));
    if (!kept || !taken || !cancelled) throw new Error('three were accepted');
    await claim(bench.store, taken.lease.runId);
    const order = { deploymentId: cancelled.owner, runId: cancelled.lease.runId, thenDelete: false };
    expect(await bench.store.deployments.requestCancel(order)).toBe(true);
    const leases = [kept.lease, taken.lease, cancelled.lease];
    expect(await bench.store.runs.watch(leases)).toEqual({
      cancelled: [cancelled.lease.runId],
      lost: [taken.lease.runId],
    });
    expect(await bench.store.runs.watch([])).toEqual({ cancelled: [], lost: [] });
  });
});

describe('an order to stop', () => {
  it('is refused once the run has ended', async () => {
    const { owner, lease } = await acceptAndClaim(bench.store);
    await finish(lease, 'succeeded');
    const before = await bench.everything();
    const order = { deploymentId: owner, runId: lease.runId, thenDelete: true };
    expect(await bench.store.deployments.requestCancel(order)).toBe(false);
    expect(await bench.everything()).toEqual(before);
  });

  it('with deletion is remembered when a plain one follows', async () => {
    const { owner, lease } = await acceptAndClaim(bench.store);
    const order = { deploymentId: owner, runId: lease.runId };
    await bench.store.deployments.requestCancel({ ...order, thenDelete: true });
    await bench.store.deployments.requestCancel({ ...order, thenDelete: false });
    expect(await bench.store.runs.get(lease.runId)).toMatchObject({ thenDelete: true });
    expect((await bench.store.deployments.get(owner))?.status).toBe('DELETING');
  });

  it('that comes between reading and ending makes the run conclude again', async () => {
    const { owner, lease } = await acceptAndClaim(bench.store);
    await bench.store.deployments.requestCancel({ deploymentId: owner, runId: lease.runId, thenDelete: true });
    expect(await finish(lease, 'succeeded')).toBe(false);
    expect((await bench.store.runs.get(lease.runId))?.status).toBe('pending');
    const next = newRun({ kind: 'delete' });
    const more = { deploymentStatus: 'DELETING', thenDelete: true, next };
    expect(await finish(lease, 'cancelled', more)).toBe(true);
    expect(await bench.startedRuns()).toContain(next.id);
    expect((await bench.store.deployments.get(owner))?.activeRun).toBe(next.id);
  });
});

describe('the steps of a run', () => {
  it('may be repeated: beginning, rolling back and ending twice change nothing more', async () => {
    const { owner, lease } = await acceptAndClaim(bench.store);
    const { runs } = bench.store;
    const repeated: [string, () => Promise<unknown>][] = [
      ['begin', () => runs.begin(lease)],
      ['beginRollback', () => runs.beginRollback(lease, PLAN, 'failed')],
      ['finish', () => finish(lease, 'failed', { deploymentStatus: 'FAILED', next: newRun({ kind: 'delete' }) })],
    ];
    for (const [name, step] of repeated) {
      await step();
      const once = await bench.everything();
      await step();
      expect(await bench.everything(), name).toEqual(once);
    }
    expect((await bench.store.events.list(owner, 2, 100)).map(({ type }) => type)).toEqual([
      'run.started',
      'deployment.status',
      'run.rollback',
      'run.finished',
      'deployment.status',
      'run.accepted',
    ]);
  });

  it('do not call a deployment in progress that is being deleted', async () => {
    const { owner, lease } = await acceptAndClaim(bench.store);
    await bench.store.deployments.requestCancel({ deploymentId: owner, runId: lease.runId, thenDelete: true });
    await bench.store.runs.begin(lease);
    expect((await bench.store.deployments.get(owner))?.status).toBe('DELETING');
  });
});

describe('the runs of a deployment', () => {
  it('are listed newest first with the counts of their phase', async () => {
    const { owner, lease } = await acceptAndClaim(bench.store);
    const { ledger, runs } = bench.store;
    const node = PLAN.nodes[0]!;
    await ledger.recordNode(lease, 'forward', node, { state: 'failed' });
    await runs.beginRollback(lease, PLAN, 'failed');
    await ledger.recordNode(lease, 'rollback', { ...node, action: 'absent' }, { state: 'done' });
    await finish(lease, 'failed', { next: newRun({ kind: 'delete' }) });
    const listed = (await runs.listByDeployment(owner)).map(({ run, counts }) => [
      run.kind,
      counts.done,
      counts.failed,
    ]);
    expect(listed).toEqual([
      ['delete', 0, 0],
      ['deploy', 1, 0],
    ]);
  });
});
