/**
 * Brings a database to the newest schema: plain SQL files in `migrations/`, in order of their numbers, each applied once
 * in a transaction of its own. A session lock makes concurrent starts wait for each other instead of colliding.
 */

import { readdir, readFile } from 'node:fs/promises';
import type { Pool, PoolClient } from 'pg';

/** Any constant will do; it only has to differ from other users of advisory locks in the same database. */
const MIGRATION_LOCK = 7_461_003_271;
const MIGRATIONS = new URL('./migrations/', import.meta.url);

/**
 * Applies all migrations that are missing.
 * @throws Error naming the migration file when one fails, or when the database was made by a newer Groundwork.
 */
export async function migrate(pool: Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query(
      'create table if not exists migrations (name text primary key, applied_at timestamptz not null default now())',
    );
    await applyMissing(client);
  } finally {
    await client.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => {
      // The connection is gone, and the lock with it.
    });
    client.release();
  }
}

async function applyMissing(client: PoolClient): Promise<void> {
  const files = (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.sql')).toSorted();
  const { rows } = await client.query<{ name: string }>('select name from migrations');
  const applied = new Set(rows.map((row) => row.name));
  const unknown = [...applied].filter((name) => !files.includes(name));
  if (unknown.length > 0) {
    throw new Error(
      `the database has migrations that this version does not know: ${unknown.join(', ')}. Use a newer version.`,
    );
  }
  for (const name of files.filter((file) => !applied.has(file))) await applyOne(client, name);
}

async function applyOne(client: PoolClient, name: string): Promise<void> {
  const text = await readFile(new URL(name, MIGRATIONS), 'utf8');
  await client.query('begin');
  try {
    await client.query('insert into migrations (name) values ($1)', [name]);
    await client.query(text);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new Error(`migration ${name} failed`, { cause: error });
  }
}
