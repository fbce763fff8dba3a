/**
 * A fresh, migrated database for one test file: a clone of the run's template database.
 *
 * ```ts
 * const database = await createTestDatabase();
 * afterAll(() => database.drop());
 * ```
 */
import { randomUUID } from 'node:crypto';

import pg from 'pg';
import { inject } from 'vitest';

import { TEMPLATE } from './database-server.ts';

export interface TestDatabase {
  /** Connection string for `pg`. */
  readonly url: string;
  /**
   * Removes the database. Close every pool first.
   * @throws Error when connections are still open (PostgreSQL grants them 5 s): the code under test leaks.
   */
  drop(): Promise<void>;
}

/** Makes a database that holds all migrations and no rows. Only in `*.db.test.ts`, `*.sim.test.ts`, `*.e2e.test.ts`. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await administer(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  const url = new URL(inject('postgresUrl'));
  url.pathname = name;
  return { url: url.href, drop: () => drop(name) };
}

async function drop(name: string): Promise<void> {
  try {
    await administer(`DROP DATABASE ${name}`);
  } catch (cause) {
    await administer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    throw new Error('Connections to the test database are still open: close every pool before drop().', { cause });
  }
}

async function administer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
