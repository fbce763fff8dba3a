import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lease } from '../ports/run-store.ts';
import { acceptAndClaim, NODE, openStoreBench, type StoreBench } from './testing/store-bench.ts';

let bench: StoreBench;
beforeAll(async () => {
  bench = await openStoreBench();
});
afterAll(() => bench?.close());

const seqs = async (owner: string): Promise<number[]> =>
  (await bench.store.events.list(owner, 0, 1000)).map((event) => event.seq);
const counting = (length: number): number[] => Array.from({ length }, (_, index) => index + 1);

describe('events of many writers', () => {
  it('are numbered without gaps, and a reader at any moment has seen none of them too early', async () => {
    const owners = await Promise.all([acceptAndClaim(bench.store), acceptAndClaim(bench.store)]);
    const writes = owners.flatMap(({ owner, lease }) =>
      Array.from({ length: 60 }, (_, index) => write(index, owner, lease)),
    );
    const glances: number[][] = [];
    const all = Promise.all(writes);
    let isWriting = true;
    const finished = all.finally(() => {
      isWriting = false;
    });
    while (isWriting) for (const { owner } of owners) glances.push(await seqs(owner));
    await finished;

    expect(glances.length).toBeGreaterThan(2);
    for (const glance of glances) expect(glance).toEqual(counting(glance.length));
    // Two events of the acceptance, and one for each write.
    const counts = await Promise.all(owners.map(async ({ owner }) => (await seqs(owner)).length));
    expect(counts).toEqual([62, 62]);
    const heads = await bench.store.events.heads(owners.map(({ owner }) => owner));
    expect(owners.map(({ owner }) => heads.get(owner))).toEqual([
      { last: 62, active: true },
      { last: 62, active: true },
    ]);
  });

  /** By turns a single event, a change of a node, and an order from outside the run. */
  function write(index: number, owner: string, lease: Lease): Promise<unknown> {
    if (index % 3 === 0) return bench.store.ledger.recordEvent(lease, { type: 'sweep.removed' });
    if (index % 3 === 1) {
      return bench.store.ledger.recordNode(lease, 'forward', { ...NODE, key: `node/${index}` }, { state: 'waiting' });
    }
    return bench.store.deployments.requestCancel({ deploymentId: owner, runId: lease.runId, thenDelete: false });
  }
});

describe('reading events', () => {
  it('goes on after a number, and never gives more than was asked for', async () => {
    const { owner, lease } = await acceptAndClaim(bench.store);
    for (let count = 0; count < 5; count += 1) await bench.store.ledger.recordEvent(lease, { type: 'sweep.removed' });
    const read = async (after: number, limit: number): Promise<number[]> =>
      (await bench.store.events.list(owner, after, limit)).map((event) => event.seq);
    expect([await read(0, 3), await read(3, 3), await read(6, 3), await read(7, 3)]).toEqual([
      [1, 2, 3],
      [4, 5, 6],
      [7],
      [],
    ]);
  });

  it('finds no head for a deployment that does not exist', async () => {
    expect(await bench.store.events.heads(['01890000-0000-7000-8000-000000000000'])).toEqual(new Map());
  });
});
