/**
 * The database that needs no installation: PostgreSQL's programs from npm, started on a private socket.
 *
 * Why our own launcher: the server must outlive us (a killed control plane finds its database still running and adopts
 * it), must start again after its own violent death, and must run for root, for ordinary users and from a clone that
 * only root can read, without changing the host.
 *
 * The story: find a home for the data, find usable programs, then look and act until the server answers. Looking again
 * after every act makes two starts at once harmless: one starts the server, the other adopts it.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import pg from 'pg';

import type { HostFacts } from './embedded-postgres/account.ts';
import { removeOldCopies, usableBinaries } from './embedded-postgres/binaries.ts';
import { findHome, socketDirectory } from './embedded-postgres/places.ts';
import { SUPERUSER, ensureCluster, findRunning, launch, stopServer } from './embedded-postgres/server.ts';
import type { Server } from './embedded-postgres/server.ts';

export type { HostFacts } from './embedded-postgres/account.ts';

export interface EmbeddedPostgresOptions {
  /** Absolute path of the product's data directory; made when absent. The database lives in it, under `postgres`. */
  readonly dataDir: string;
  readonly host: HostFacts;
  /** false: no fsync, for tests. Default true: what was acknowledged survives power loss. */
  readonly durable?: boolean;
  /** Told, in one sentence each, what is being done. */
  readonly log?: (message: string) => void;
}

export interface EmbeddedPostgres {
  /** Connection string for `pg`: database and user `groundwork`, host = the socket's directory. */
  readonly url: string;
  /** true when the server was already running. */
  readonly adopted: boolean;
  readonly pid: number;
  /** Stops the server, adopted or not: clients are disconnected, acknowledged work is kept. */
  stop(): Promise<void>;
}

const DATABASE = 'groundwork';
/** Crash recovery of a large database takes its time; a server that ends early is noticed at once. */
const READY_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 20;

/**
 * Starts the embedded PostgreSQL, or adopts it when it is running, and waits until it answers.
 * @throws Error, with the remedy in its message, when the platform has no bundled PostgreSQL, the data belong to
 * somebody else, or the server does not come up.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const server = await describeServer(options);
  const { launched, pid, socketDir } = await bringUp(server, options.log ?? (() => undefined));
  return { url: urlOf(socketDir, DATABASE), adopted: !launched, pid, stop: () => stopServer(server) };
}

async function describeServer({ dataDir, host, durable = true }: EmbeddedPostgresOptions): Promise<Server> {
  const home = await findHome(host, dataDir);
  return {
    account: home.account,
    binaries: await usableBinaries(host, home.account, home.path),
    home: home.path,
    data: join(home.path, 'data'),
    socketDir: await socketDirectory(host, home),
    durable,
  };
}

async function bringUp(
  server: Server,
  log: (message: string) => void,
): Promise<{ launched: boolean; pid: number; socketDir: string }> {
  const deadline = Date.now() + READY_WITHIN_MS;
  let attempt: Awaited<ReturnType<typeof launch>> | undefined;
  while (Date.now() < deadline) {
    const running = await findRunning(server);
    const socketDir = running?.socketDir ?? server.socketDir;
    if (running !== undefined && (await answers(socketDir))) {
      return { launched: attempt !== undefined && (await attempt.ended()) === undefined, pid: running.pid, socketDir };
    }
    if (running === undefined && (await mayLaunch(server, attempt))) {
      log(`Starting PostgreSQL in ${server.home}`);
      await ensureCluster(server);
      await removeOldCopies(server.home, server.binaries);
      attempt = await launch(server);
    }
    await delay(LOOK_EVERY_MS);
  }
  throw new Error(
    `PostgreSQL in ${server.home} did not answer within ${READY_WITHIN_MS / 1000} s. Its log is ` +
      `${join(server.home, 'server.log')}.`,
  );
}

/**
 * Whether to start a server now that none is running. An attempt of ours that is still young has not written its lock
 * file yet; one that ended because another holds the data is worth repeating; any other end is final.
 */
async function mayLaunch(server: Server, attempt: Awaited<ReturnType<typeof launch>> | undefined): Promise<boolean> {
  if (attempt === undefined) return true;
  const lastWords = await attempt.ended();
  if (lastWords === undefined) return false;
  if (/shared memory block|lock file .* already exists|is already in use/.test(lastWords)) return true;
  throw new Error(
    `PostgreSQL in ${server.home} ended instead of starting. Mend what its log names (${join(server.home, 'server.log')}), ` +
      `or set DATABASE_URL to a server of your own. It said: ${lastWords.trim().slice(-2000)}`,
  );
}

/** True once our database can be used; makes it in a new cluster. False while the server is still coming up. */
async function answers(socketDir: string): Promise<boolean> {
  const code = await codeOf(urlOf(socketDir, DATABASE), 'SELECT 1');
  if (code !== DATABASE_MISSING) return code === undefined;
  const created = await codeOf(urlOf(socketDir, 'postgres'), `CREATE DATABASE ${DATABASE}`);
  return created === undefined; // a loser of a race looks again and finds it
}

/** `invalid_catalog_name`, https://www.postgresql.org/docs/18/errcodes-appendix.html */
const DATABASE_MISSING = '3D000';

/** Runs one statement on a connection of its own; the error's code (empty if it has none), undefined when it worked. */
async function codeOf(url: string, statement: string): Promise<string | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined); // a server going down; the next look will see it
  try {
    await client.connect();
    await client.query(statement);
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? '';
  } finally {
    await client.end().catch(() => undefined); // the connection may be gone already, which is what we want
  }
}

function urlOf(socketDir: string, database: string): string {
  return `postgresql://${SUPERUSER}@localhost/${database}?host=${encodeURIComponent(socketDir)}`;
}
