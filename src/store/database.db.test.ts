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
