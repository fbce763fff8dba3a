import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acceptance, openStoreBench, type StoreBench } from './testing/store-bench.ts';

let bench: StoreBench;
beforeAll(async () => {
  bench = await openStoreBench();
});
afterAll(() => bench?.close());

const add = (name: string, mode: 'new' | 'next', body = {}) =>
  bench.store.templates.add({ name, description: null, body, mode });

describe('templates', () => {
  it('get a version with every change, and keep the old ones readable', async () => {
    await add('a', 'new', { n: 1 });
    expect(await add('a', 'next', { n: 2 })).toMatchObject({ version: 2, body: { n: 2 } });
    expect(await bench.store.templates.get('a')).toMatchObject({ version: 2 });
    expect(await bench.store.templates.get('a', 1)).toMatchObject({ body: { n: 1 } });
    expect(await bench.store.templates.get('a', 3)).toBeUndefined();
    const listed = (await bench.store.templates.list()).filter(({ name }) => name === 'a');
    expect(listed.map(({ version }) => version)).toEqual([2]);
  });

  it('are refused as new when the name lives, and as next when it does not', async () => {
    await add('b', 'new');
    expect(await add('b', 'new')).toBeUndefined();
    expect(await add('c', 'next')).toBeUndefined();
  });

  it('stay readable by version after deletion, and their numbers are never used again', async () => {
    await add('d', 'new', { n: 1 });
    expect(await bench.store.templates.remove('d')).toBe(true);
    expect(await bench.store.templates.remove('d')).toBe(false);
    expect(await bench.store.templates.get('d')).toBeUndefined();
    expect(await add('d', 'next')).toBeUndefined();
    expect(await add('d', 'new', { n: 2 })).toMatchObject({ version: 2 });
    expect(await bench.store.templates.get('d', 1)).toMatchObject({ body: { n: 1 } });
  });

  it('get one version for each of many changes at the same moment, or none', async () => {
    await add('e', 'new');
    const added = await Promise.all(Array.from({ length: 6 }, (_, n) => add('e', 'next', { n })));
    const versions = added.flatMap((template) => template?.version ?? []);
    expect(versions.length).toBeGreaterThan(0);
    expect(versions.toSorted((a, b) => a - b)).toEqual(versions.map((_, index) => index + 2));
  });

  it('keep the order in which tiers were written', async () => {
    const body = { vm_config: { web: {}, app: {}, db: {} } };
    await add('f', 'new', body);
    const read = await bench.store.templates.get('f');
    expect(Object.keys(read?.body['vm_config'] ?? {})).toEqual(['web', 'app', 'db']);
  });
});

describe('API keys', () => {
  it('are found by hash until they are withdrawn', async () => {
    const id = '01890000-0000-7000-8000-000000000001';
    const key = await bench.store.keys.add({ id, name: 'one', scope: 'read', hash: 'h1' });
    expect(await bench.store.keys.findByHash('h1')).toEqual(key);
    expect(await bench.store.keys.findByHash('h2')).toBeUndefined();
    expect(JSON.stringify(await bench.store.keys.list())).not.toContain('h1');
    expect(await bench.store.keys.remove(id)).toBe(true);
    expect(await bench.store.keys.remove(id)).toBe(false);
    expect(await bench.store.keys.findByHash('h1')).toBeUndefined();
  });

  it('are not doubled when the same key is added by two starts at once', async () => {
    const ids = [2, 3].map((n) => `01890000-0000-7000-8000-00000000000${n}`);
    await Promise.all(ids.map((id) => bench.store.keys.add({ id, name: 'admin', scope: 'admin', hash: 'same' })));
    expect((await bench.store.keys.list()).filter(({ name }) => name === 'admin')).toHaveLength(1);
  });
});

describe('the history of durations', () => {
  it('is the median of clean successes only', async () => {
    const { deployment, run, events } = acceptance();
    await bench.store.deployments.accept({ deployment, run, events });
    const rows = [
      ['a', 'done', null, 1],
      ['b', 'done', null, 2],
      ['c', 'done', null, 9],
      ['d', 'failed', null, 100],
      ['e', 'done', 'was there already', 0],
    ] as const;
    for (const [key, state, detail, seconds] of rows) {
      await bench.pool.query(
        `insert into run_nodes (run_id, phase, key, kind, region, action, state, detail, started_at, finished_at)
         values ($1, 'forward', $2, 'memory.server', 'here', 'present', $3, $4, now(), now() + $5 * interval '1 second')`,
        [run.id, key, state, detail, seconds],
      );
    }
    expect((await bench.store.history.durations()).get('here memory.server present')).toMatchObject({
      p50: 2000,
      count: 3,
    });
  });
});
