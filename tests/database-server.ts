/**
 * One PostgreSQL for a whole test run, started before the first test that may need it and thrown away afterwards.
 *
 * It holds a template database with all migrations applied; `createTestDatabase` clones it in milliseconds, so every
 * test file has a database of its own. Its directory carries our process id: what a killed run left behind is removed
 * by the next one, and a server whose directory vanished stops by itself within a minute.
 */
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pg from 'pg';
import type { TestProject } from 'vitest/node';

import { startEmbeddedPostgres } from '../src/store/embedded-postgres.ts';
import { migrate } from '../src/store/migrate.ts';
import { hostFacts } from './host-facts.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Connection string of the run's PostgreSQL server; its database `TEMPLATE` is migrated and unused. */
    postgresUrl: string;
  }
}

export const TEMPLATE = 'migrated_template';
const PREFIX = 'groundwork-test-';

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Tests with real processes run what `npm start` runs: the compiled program.
  execFileSync(process.execPath, ['scripts/ensure.js'], { stdio: 'inherit' });
  await removeLeftovers();
  const dataDir = join(tmpdir(), `${PREFIX}${process.pid}-${project.name}`);
  await mkdir(dataDir);
  await chmod(dataDir, 0o711); // as root, PostgreSQL runs as another user, who must get through
  const server = await startEmbeddedPostgres({ dataDir, host: hostFacts(), durable: false });
  await makeTemplate(server.url);
  project.provide('postgresUrl', server.url);
  return async () => {
    await server.stop();
    await removeWithDatabase(dataDir);
  };
}

async function makeTemplate(url: string): Promise<void> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${TEMPLATE}`);
  await admin.end();
  const template = new URL(url);
  template.pathname = TEMPLATE;
  const pool = new pg.Pool({ connectionString: template.href });
  await migrate(pool);
  await pool.end();
}

async function removeLeftovers(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  const dead = names.filter((name) => !isAlive(Number.parseInt(name.slice(PREFIX.length), 10)));
  await Promise.all(dead.map((name) => removeWithDatabase(join(tmpdir(), name))));
}

/** Another user's leftovers stay: they are his to remove. */
async function removeWithDatabase(dataDir: string): Promise<void> {
  const elsewhere = await readFile(join(dataDir, 'postgres', 'moved-to'), 'utf8').catch(() => undefined);
  if (elsewhere !== undefined) await rm(elsewhere, { recursive: true, force: true });
  await rm(dataDir, { recursive: true, force: true }).catch(() => undefined);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
