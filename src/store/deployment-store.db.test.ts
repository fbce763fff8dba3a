import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runIsActive } from '../domain/deployment.ts';
import type { NewEvent } from '../ports/run-store.ts';
import { createPostgresStore } from './postgres-store.ts';
import { acceptance, acceptAndClaim, newRun, openStoreBench, type StoreBench } from './testing/store-bench.ts';

let bench: StoreBench;
beforeAll(async () => {
  bench = await openStoreBench();
});
afterAll(() => bench?.close());

describe('accepting a deployment', () => {
  let before: Record<string, unknown>;
  beforeEach(async () => {
    before = await bench.everything();
  });

  it('commits row, run, events and the start of the engine together', async () => {
    const input = acceptance();
    await bench.store.deployments.accept(input);
    const { id } = input.deployment;
    expect(await bench.store.deployments.get(id)).toMatchObject({ status: 'PENDING', activeRun: input.run.id });
    expect((await bench.store.runs.get(input.run.id))?.status).toBe('pending');
    expect((await bench.store.events.list(id, 0, 10)).map(({ seq, type }) => [seq, type])).toEqual([
      [1, 'deployment.accepted'],
      [2, 'run.accepted'],
    ]);
    expect(await bench.startedRuns()).toContain(input.run.id);
  });

  it('leaves neither row nor start when the engine refuses', async () => {
    const store = createPostgresStore(bench.pool, async (transaction, runId) => {
      await transaction.query('insert into engine_starts (run_id) values ($1)', [runId]);
      throw new Error('the engine refuses');
    });
    await expect(store.deployments.accept(acceptance())).rejects.toThrow('the engine refuses');
    expect(await bench.everything()).toEqual(before);
  });

  it('leaves neither row nor start when anything after the start fails', async () => {
    const broken = { type: null } as unknown as NewEvent; // the column refuses it
    await expect(bench.store.deployments.accept(acceptance({ events: [broken] }))).rejects.toThrow(/null value/);
    expect(await bench.everything()).toEqual(before);
  });

  it('makes one deployment of many requests with the same idempotency key at the same moment', async () => {
    const idempotency = { apiKeyId: 'k', key: randomUUID(), requestHash: 'h' };
    const inputs = Array.from({ length: 8 }, () => acceptance({ idempotency }));
    const outcomes = await Promise.allSettled(inputs.map((input) => bench.store.deployments.accept(input)));
    const winners = inputs.filter((_, index) => outcomes[index]?.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    const found = await bench.store.deployments.findIdempotent('k', idempotency.key);
    expect(found).toMatchObject({ requestHash: 'h', deployment: { id: winners[0]?.deployment.id } });
    const started = await bench.startedRuns();
    expect(inputs.filter((input) => started.includes(input.run.id))).toEqual(winners);
  });

  it('keeps the keys of different callers apart', async () => {
    const key = randomUUID();
    for (const apiKeyId of ['one', 'other'])
      await bench.store.deployments.accept(acceptance({ idempotency: { apiKeyId, key, requestHash: apiKeyId } }));
    expect((await bench.store.deployments.findIdempotent('other', key))?.requestHash).toBe('other');
    expect(await bench.store.deployments.findIdempotent('third', key)).toBeUndefined();
  });
});

describe('a further run', () => {
  const request = (deploymentId: string) => ({
    deploymentId,
    run: newRun({ kind: 'delete' }),
    status: 'DELETING' as const,
    stillAllowed: (_: unknown, active: { status: 'pending' } | Parameters<typeof runIsActive>[0] | undefined) =>
      !(active && runIsActive(active)),
    events: [{ type: 'deployment.status' as const, data: { status: 'DELETING' } }],
  });

  it('is refused while one is active, and nothing of it remains', async () => {
    const { owner } = await acceptAndClaim(bench.store);
    const before = await bench.everything();
    expect(await bench.store.deployments.acceptRun(request(owner))).toBe(false);
    expect(await bench.everything()).toEqual(before);
  });

  it('is one, however many ask for it at the same moment', async () => {
    const { owner, lease } = await acceptAndClaim(bench.store);
    await finish(lease, 'succeeded');
    const requests = Array.from({ length: 8 }, () => request(owner));
    const answers = await Promise.all(requests.map((one) => bench.store.deployments.acceptRun(one)));
    expect(answers.filter(Boolean)).toHaveLength(1);
    const [winner] = requests.filter((_, index) => answers[index]);
    expect(await bench.store.deployments.get(owner)).toMatchObject({ status: 'DELETING', activeRun: winner?.run.id });
    const started = await bench.startedRuns();
    expect(requests.filter(({ run }) => started.includes(run.id))).toEqual([winner]);
  });

  it('takes the place of a held one', async () => {
    const { owner, lease } = await acceptAndClaim(bench.store);
    await finish(lease, 'held');
    const next = request(owner);
    expect(await bench.store.deployments.acceptRun(next)).toBe(true);
    expect((await bench.store.runs.get(lease.runId))?.status).toBe('failed');
    expect((await bench.store.deployments.get(owner))?.activeRun).toBe(next.run.id);
  });

  it('does not lock up with a run that ends at the same moment', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { owner, lease } = await acceptAndClaim(bench.store);
      const [, accepted] = await Promise.all([
        finish(lease, 'succeeded'),
        bench.store.deployments.acceptRun(request(owner)),
      ]);
      const { status } = (await bench.store.deployments.get(owner)) ?? {};
      expect(status).toBe(accepted ? 'DELETING' : 'COMPLETED');
    }
  });

  function finish(lease: Awaited<ReturnType<typeof acceptAndClaim>>['lease'], status: 'succeeded' | 'held') {
    const deploymentStatus = status === 'held' ? 'FAILED' : 'COMPLETED';
    return bench.store.runs.finish(lease, { status, error: null, deploymentStatus, leftOver: [], thenDelete: false });
  }
});

describe('the list of deployments', () => {
  it('goes through all of them page by page, newest first, each once', async () => {
    const made: string[] = [];
    for (let count = 0; count < 7; count += 1) {
      const input = acceptance();
      await bench.store.deployments.accept({ ...input, deployment: { ...input.deployment, name: 'paged' } });
      made.unshift(input.deployment.id);
    }
    const seen: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await bench.store.deployments.list({ name: 'paged', limit: 3, ...(after ? { after } : {}) });
      expect(page.total).toBe(7);
      seen.push(...page.items.map(({ deployment }) => deployment.id));
      const last = page.items.at(-1)?.deployment;
      if (!last) break;
      after = last.id;
    }
    expect(seen).toEqual(made);
  });
});
