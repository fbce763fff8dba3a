import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Resource } from '../domain/resource.ts';
import { LeaseLost } from '../ports/driver.ts';
import type { Lease } from '../ports/run-store.ts';
import { acceptAndClaim, claim, NODE, openStoreBench, PLAN, type StoreBench } from './testing/store-bench.ts';

let bench: StoreBench;
beforeAll(async () => {
  bench = await openStoreBench();
});
afterAll(() => bench?.close());

interface Scene {
  readonly owner: string;
  readonly resource: Resource;
}

/** Every write that is made on behalf of a run. */
const WRITES: Record<string, (lease: Lease, scene: Scene) => Promise<unknown>> = {
  'the intent to create': (lease, { owner }) =>
    bench.store.ledger.intend(lease, 'forward', { ...NODE, key: 'router' }, { owner, generation: 1, wanted: {} }),
  "the cloud's id": (lease, { resource }) => bench.store.ledger.recordProviderId(lease, resource, 'net-1'),
  completion: (lease, { resource }) =>
    bench.store.ledger.complete(lease, 'forward', resource, { providerId: 'net-1', outputs: { mtu: 1500 } }),
  'the intent to remove': (lease, { owner }) =>
    bench.store.ledger.intendRemoval(lease, 'rollback', { ...NODE, action: 'absent' }, owner),
  'the end of a removal': (lease, { resource }) => bench.store.ledger.completeRemoval(lease, 'rollback', resource),
  'a change of a node': (lease) => bench.store.ledger.recordNode(lease, 'forward', NODE, { state: 'waiting' }),
  'an event': (lease) => bench.store.ledger.recordEvent(lease, { type: 'sweep.removed', key: 'network' }),
  'the beginning of a run': (lease) => bench.store.runs.begin(lease),
  'the beginning of a rollback': (lease) => bench.store.runs.beginRollback(lease, PLAN, 'failed'),
  'the end of a run': (lease) =>
    bench.store.runs.finish(lease, {
      status: 'failed',
      error: null,
      deploymentStatus: 'FAILED',
      leftOver: [],
      thenDelete: false,
    }),
};

describe('the fence', () => {
  let scene: Scene;
  let old: Lease;
  beforeEach(async () => {
    const { owner, lease } = await acceptAndClaim(bench.store);
    const intent = { owner, generation: 1, wanted: {} };
    scene = { owner, resource: await bench.store.ledger.intend(lease, 'forward', NODE, intent) };
    old = lease;
  });

  it.each(Object.keys(WRITES))('keeps a worker that was replaced from writing %s', async (name) => {
    const renewed = await claim(bench.store, old.runId);
    const before = await bench.everything();
    await expect(WRITES[name]?.(old, scene)).rejects.toThrow(LeaseLost);
    expect(await bench.everything()).toEqual(before);
    await WRITES[name]?.(renewed, scene);
    expect(await bench.everything()).not.toEqual(before);
  });

  it.each(Object.keys(WRITES))('stops %s that was under way when the run was taken over', async (name) => {
    const other = await session();
    await other.query('begin');
    await other.query('update runs set fence = fence + 1 where id = $1', [old.runId]);
    const before = await bench.everything();
    const write = WRITES[name]?.(old, scene).catch((error: unknown) => error);
    await untilSomebodyWaits();
    await other.query('commit');
    expect(await write).toBeInstanceOf(LeaseLost);
    await other.end();
    const after = await bench.everything();
    expect({ ...after, runs: null }).toEqual({ ...before, runs: null });
  });

  it('lets a claim wait for a write under way, so that the new worker reads what was written', async () => {
    const other = await session();
    await other.query('begin');
    await other.query('select 1 from runs where id = $1 and fence = $2 for share', [old.runId, old.fence]);
    const claimed = claim(bench.store, old.runId);
    await untilSomebodyWaits();
    await other.query('commit');
    expect((await claimed).fence).toBe(old.fence + 1);
    await other.end();
  });
});

async function session(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: bench.url });
  await client.connect();
  return client;
}

function untilSomebodyWaits(): Promise<void> {
  return vi.waitFor(
    async () => {
      const { rows } = await bench.pool.query(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      expect(rows.length).toBeGreaterThan(0);
    },
    { timeout: 5_000, interval: 10 },
  );
}

describe('the ledger', () => {
  it('records an intent once, however often it is declared', async () => {
    const { owner, lease } = await acceptAndClaim(bench.store);
    const declare = (wanted: object) =>
      bench.store.ledger.intend(lease, 'forward', NODE, { owner, generation: 1, wanted: { ...wanted } });
    const first = await declare({ name: 'first' });
    expect(await declare({ name: 'second' })).toEqual(first);
    expect(await bench.store.ledger.resources(owner)).toEqual([first]);
  });

  it('keeps what was deleted as history, and counts the next one of the same key on', async () => {
    const { owner, lease } = await acceptAndClaim(bench.store);
    const { ledger } = bench.store;
    const first = await ledger.intend(lease, 'forward', NODE, { owner, generation: 1, wanted: {} });
    await ledger.complete(lease, 'forward', first, { providerId: 'net-1', outputs: {} });
    await ledger.intendRemoval(lease, 'rollback', { ...NODE, action: 'absent' }, owner);
    await ledger.completeRemoval(lease, 'rollback', first);
    expect(await ledger.resources(owner)).toEqual([]);
    expect(await ledger.resources(owner, { withDeleted: true })).toMatchObject([
      { generation: 1, state: 'deleted', providerId: 'net-1' },
    ]);
    await ledger.intend(lease, 'forward', NODE, { owner, generation: 2, wanted: {} });
    expect(await ledger.generations(owner)).toEqual(new Map([['network', 2]]));
    expect(await ledger.resources(owner)).toMatchObject([{ generation: 2, state: 'creating', providerId: null }]);
  });

  it('has nothing to remove where nothing of that key lives', async () => {
    const { owner, lease } = await acceptAndClaim(bench.store);
    expect(
      await bench.store.ledger.intendRemoval(lease, 'forward', { ...NODE, action: 'absent' }, owner),
    ).toBeUndefined();
  });

  it('tells every change of a node as an event of the same commit', async () => {
    const { owner, lease } = await acceptAndClaim(bench.store);
    const { ledger, events, runs } = bench.store;
    const resource = await ledger.intend(lease, 'forward', NODE, { owner, generation: 1, wanted: {} });
    const error = { type: 'Timeout' };
    await ledger.recordNode(lease, 'forward', NODE, { state: 'retrying', attempt: 2, detail: 'again', error });
    await ledger.complete(lease, 'forward', resource, { providerId: 'net-1', outputs: {} });
    const told = (await events.list(owner, 2, 100)).map(({ seq, type, key, data }) => [
      seq,
      type,
      key,
      data['attempt'],
    ]);
    expect(told).toEqual([
      [3, 'node.started', 'network', 1],
      [4, 'node.retrying', 'network', 2],
      [5, 'node.done', 'network', 2],
    ]);
    expect(await runs.nodes(lease.runId)).toMatchObject([{ state: 'done', attempt: 2, error: null, detail: null }]);
  });
});
