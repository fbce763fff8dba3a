import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { migrate } from './migrate.ts';
import { dumpSchema } from './testing/dump-schema.ts';

const SCHEMA = new URL('./schema.sql', import.meta.url);
const pools: pg.Pool[] = [];
const names: string[] = [];
let admin: pg.Client;

beforeAll(async () => {
  admin = new pg.Client({ connectionString: inject('postgresUrl') });
  await admin.connect();
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()));
  for (const name of names) await admin.query(`drop database ${name}`);
  await admin.end();
});

async function emptyDatabase(): Promise<pg.Pool> {
  const name = `migrated_${randomUUID().replaceAll('-', '')}`;
  await admin.query(`create database ${name}`);
  names.push(name);
  const url = new URL(inject('postgresUrl'));
  url.pathname = name;
  const pool = new pg.Pool({ connectionString: url.href, max: 6 });
  pools.push(pool);
  return pool;
}

const applied = async (pool: pg.Pool) => (await pool.query('select * from migrations order by name')).rows;

describe('migrating', () => {
  it('leads to the schema that is committed (else: npm test -- migrate -u)', async () => {
    const pool = await emptyDatabase();
    await migrate(pool);
    await expect(await dumpSchema(pool)).toMatchFileSnapshot(SCHEMA.pathname);
  });

  it('a second time does nothing', async () => {
    const pool = await emptyDatabase();
    await migrate(pool);
    const [schema, rows] = [await dumpSchema(pool), await applied(pool)];
    await migrate(pool);
    expect([await dumpSchema(pool), await applied(pool)]).toEqual([schema, rows]);
    expect(rows.length).toBeGreaterThan(0);
  });

  it('from several processes at once applies everything once', async () => {
    const pool = await emptyDatabase();
    await Promise.all(Array.from({ length: 5 }, () => migrate(pool)));
    expect(await dumpSchema(pool)).toBe(readFileSync(SCHEMA, 'utf8'));
    // Locks of other databases on the same server are other tests' affair.
    const { rows } = await pool.query(
      `select from pg_locks l join pg_database d on d.oid = l.database
        where l.locktype = 'advisory' and d.datname = current_database()`,
    );
    expect(rows).toEqual([]);
  });

  it('refuses a database that a newer version has changed, and leaves it alone', async () => {
    const pool = await emptyDatabase();
    await migrate(pool);
    await pool.query(`insert into migrations (name) values ('9999-from-the-future.sql')`);
    await expect(migrate(pool)).rejects.toThrow(/9999-from-the-future\.sql\. Use a newer version/);
    expect(await dumpSchema(pool)).toBe(readFileSync(SCHEMA, 'utf8'));
  });

  it('applies a migration wholly or not at all, and names the one that fails', async () => {
    const pool = await emptyDatabase();
    await pool.query('create table runs (mine boolean)');
    await expect(migrate(pool)).rejects.toThrow(/migration 0001-first-tables\.sql failed/);
    const { rows } = await pool.query(`select tablename from pg_tables where schemaname = 'public' order by 1`);
    expect(rows.map((row: { tablename: string }) => row.tablename)).toEqual(['migrations', 'runs']);
    expect(await applied(pool)).toEqual([]);
  });
});

describe('the committed schema', () => {
  it('is SQL that makes the same tables', async () => {
    const pool = await emptyDatabase();
    await pool.query(readFileSync(SCHEMA, 'utf8'));
    expect(await dumpSchema(pool)).toBe(readFileSync(SCHEMA, 'utf8'));
  });

  it('would not leave out what the dump cannot tell', async () => {
    const pool = await emptyDatabase();
    await pool.query('create view everything as select 1 as one');
    await expect(dumpSchema(pool)).rejects.toThrow(/v everything: teach it/);
  });
});
