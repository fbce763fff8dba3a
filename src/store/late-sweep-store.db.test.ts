import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Lease } from '../ports/run-store.ts';
import {
  acceptance,
  acceptAndClaim,
  claim,
  newRun,
  NODE,
  openStoreBench,
  type StoreBench,
} from './testing/store-bench.ts';

let bench: StoreBench;
beforeAll(async () => {
  bench = await openStoreBench();
});
afterAll(() => bench?.close());
afterEach(() => bench.pool.query('update runs set sweep_again_at = null'));

const END = {
  status: 'succeeded',
  deploymentStatus: 'COMPLETED',
  error: null,
  leftOver: [],
  thenDelete: false,
} as const;
const finish = (lease: Lease, more: object = {}) => bench.store.runs.finish(lease, { ...END, ...more });

async function secondsUntilSweep(runId: string): Promise<number | null> {
  const { rows } = await bench.pool.query<{ seconds: number | null }>(
    'select round(extract(epoch from sweep_again_at - clock_timestamp()))::float8 as seconds from runs where id = $1',
    [runId],
  );
  return rows[0]?.seconds ?? null;
}

const makeDue = () => bench.pool.query(`update runs set sweep_again_at = now() where sweep_again_at is not null`);

describe('a late sweep', () => {
  it('is not needed after a run that passed quietly', async () => {
    const { lease } = await acceptAndClaim(bench.store);
    await bench.store.ledger.recordNode(lease, 'forward', NODE, { state: 'done' });
    await finish(lease);
    expect(await secondsUntilSweep(lease.runId)).toBeNull();
  });

  it.each([
    ['was taken over', async (lease: Lease) => claim(bench.store, lease.runId)],
    ['had to repeat a call', (lease: Lease) => record(lease, { state: 'retrying', attempt: 2 })],
    ['had a node that failed', (lease: Lease) => record(lease, { state: 'failed' })],
  ] as const)('follows a minute after a run that %s', async (_, trouble) => {
    const { lease } = await acceptAndClaim(bench.store);
    const newest = await trouble(lease);
    await finish(newest);
    expect(await secondsUntilSweep(lease.runId)).toBeGreaterThan(55);
    expect(await secondsUntilSweep(lease.runId)).toBeLessThanOrEqual(60);
  });

  it('follows a run whose last look was incomplete', async () => {
    const { lease } = await acceptAndClaim(bench.store);
    await finish(lease, { sweepIncomplete: true });
    expect(await secondsUntilSweep(lease.runId)).not.toBeNull();
  });

  it('is ordered by a worker that finds itself replaced, also after the end of the run', async () => {
    const { lease } = await acceptAndClaim(bench.store);
    await finish(lease);
    await bench.store.runs.orderSweep(lease.runId);
    expect(await secondsUntilSweep(lease.runId)).not.toBeNull();
  });

  it('is taken when it is due, by one worker at a time, until it is done', async () => {
    const { lease } = await acceptAndClaim(bench.store);
    await finish(lease, { sweepIncomplete: true });
    expect(await bench.store.lateSweeps.take()).toBeUndefined();
    await makeDue();
    const taken = await Promise.all(Array.from({ length: 4 }, () => bench.store.lateSweeps.take()));
    expect(taken.filter((due) => due !== undefined).map((due) => due.lease)).toEqual([lease]);
    await makeDue();
    expect((await bench.store.lateSweeps.take())?.run.id).toBe(lease.runId);
    await bench.store.lateSweeps.done(lease.runId);
    await makeDue();
    expect(await bench.store.lateSweeps.take()).toBeUndefined();
  });

  it('waits for a run of the same deployment, which looks itself, and gives way to it', async () => {
    const input = acceptance();
    await bench.store.deployments.accept(input);
    const lease = await claim(bench.store, input.run.id);
    await finish(lease, { sweepIncomplete: true });
    expect(await bench.store.lateSweeps.mayGoOn(lease)).toBe(true);
    await bench.store.deployments.acceptRun({
      deploymentId: input.deployment.id,
      run: newRun({ kind: 'delete' }),
      status: 'DELETING',
      stillAllowed: () => true,
      events: [],
    });
    await makeDue();
    expect(await bench.store.lateSweeps.take()).toBeUndefined();
    expect(await bench.store.lateSweeps.mayGoOn(lease)).toBe(false);
  });
});

async function record(lease: Lease, change: { state: 'retrying' | 'failed'; attempt?: number }): Promise<Lease> {
  await bench.store.ledger.recordNode(lease, 'forward', NODE, change);
  return lease;
}
