import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../tests/database.ts';
import { StoreUnavailable } from '../ports/store.ts';
import { type Database, openDatabase, openPool } from './database.ts';

let testDatabase: TestDatabase;
let pool: Pool;
let database: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  pool = openPool(testDatabase.url, 4, () => {});
  database = openDatabase(pool);
});
afterAll(async () => {
  await pool?.end();
  await testDatabase?.drop();
});

describe('a transaction', () => {
  it('whose connection breaks between two statements fails as an outage, and ends nothing else', async () => {
    const broken = database.transaction(async (tx) => {
      const [row] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
      await database.query('select pg_terminate_backend($1)', [row?.pid]);
      await expect
        .poll(async () => (await database.query('select from pg_stat_activity where pid = $1', [row?.pid])).length)
        .toBe(0);
      await tx.query('select 1');
    });
    await expect(broken).rejects.toThrow(StoreUnavailable);
    expect(await database.transaction((tx) => tx.query('select 1 as one'))).toEqual([{ one: 1 }]);
  });

  it('of a process that freezes in the middle loses its locks after five seconds', async () => {
    const [row] = await database.query<{ limit: string }>(
      `select current_setting('idle_in_transaction_session_timeout') as limit`,
    );
    expect(row).toEqual({ limit: '5s' });
  });
});

const connectionOf = async (): Promise<number> => {
  const [row] = await database.read<{ pid: number }>('select pg_backend_pid() as pid');
  return row?.pid ?? 0;
};
const several = <T>(count: number, one: (n: number) => Promise<T>): Promise<T>[] =>
  Array.from({ length: count }, (_, n) => one(n));
const nobodyHasAConnection = () => expect.poll(() => pool.idleCount).toBe(pool.totalCount);

describe('reads of one moment', () => {
  it('share a connection, and each gets its own answer', async () => {
    const rows = await Promise.all(
      several(8, (n) => database.read<{ n: number; pid: number }>('select $1::int as n, pg_backend_pid() as pid', [n])),
    );
    expect(rows.map(([row]) => row?.n)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(new Set(rows.map(([row]) => row?.pid)).size).toBe(1);
  });

  it('take another connection when they are many', async () => {
    expect(new Set(await Promise.all(several(20, connectionOf))).size).toBe(3);
    await nobodyHasAConnection();
  });

  it('do not wait for a read of another moment', async () => {
    const slow = database.read('select pg_sleep(30)').catch((error: Error) => error.message);
    const sleeper = `select pid from pg_stat_activity where state = 'active' and query like 'select pg_sleep%'`;
    await expect.poll(async () => (await database.query(sleeper)).length).toBe(1);
    const [row] = await database.read<{ pid: number }>(sleeper);
    expect(await connectionOf()).not.toBe(row?.pid);
    await database.query('select pg_cancel_backend($1)', [row?.pid]);
    expect(await slow).toMatch(/canceling statement/);
  });

  it('fail alone', async () => {
    const results = await Promise.allSettled([connectionOf(), database.read('select 1 / 0'), connectionOf()]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await nobodyHasAConnection();
    expect(await connectionOf()).toBeGreaterThan(0);
  });

  it('all fail with their connection, and the next ones have another', async () => {
    const broken = await Promise.allSettled([
      connectionOf(),
      database.read('select pg_terminate_backend(pg_backend_pid())'),
      connectionOf(),
    ]);
    // The first one's answer may or may not have been on its way.
    expect(broken.slice(1).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await connectionOf()).toBeGreaterThan(0);
    await nobodyHasAConnection();
  });
});
