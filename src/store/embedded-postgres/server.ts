/**
 * One PostgreSQL server process: is it there, make its cluster, start it, stop it.
 *
 * `postgres` is started directly instead of through `pg_ctl start`, because `pg_ctl` hands its options to a shell and
 * a data directory may be called anything. It gets a session of its own, so it outlives Ctrl-C and the death of the
 * process that started it.
 *
 * Authentication is `trust` over a socket in a 0700 directory, with TCP off: who can reach the socket could as well
 * read and write the data files, so a password kept beside them would guard nothing.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { CLOSED_ENVIRONMENT, cannotRun, run } from './account.ts';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { SOCKET_FILE, isThere, privateDirectory } from './places.ts';

/** Everything that defines one server. Paths are absolute. */
export interface Server {
  readonly account: Account;
  readonly binaries: Binaries;
  readonly home: string;
  readonly data: string;
  readonly socketDir: string;
  /** false gives up safety against power loss for speed; for tests only. */
  readonly durable: boolean;
}

/** A server process found alive. `socketDir` is the one it really listens on, known once it has opened it. */
export interface RunningServer {
  readonly pid: number;
  readonly socketDir: string | undefined;
}

export const SUPERUSER = 'groundwork';
const LOG_LIMIT_BYTES = 8 * 1024 * 1024;

/**
 * Looks for the server that has this data directory open. A process id left behind by a crash and meanwhile reused
 * by another program (usual in containers) is recognised and neutralised, since PostgreSQL would refuse to start.
 */
export async function findRunning(server: Server): Promise<RunningServer | undefined> {
  if (!(await isThere(join(server.data, 'postmaster.pid')))) return undefined;
  const status = await run(server.account, server.binaries.pgCtl, 'status', '-D', server.data);
  if (status.code !== 0) return undefined;
  const lines = (await readFile(join(server.data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  if (!(pid > 0)) return undefined; // it stopped between the two looks
  if (await isPostmaster(pid, server.data)) return { pid, socketDir: lines[4] === '' ? undefined : lines[4] };
  await disown(server.data, lines);
  return undefined;
}

async function isPostmaster(pid: number, data: string): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(async () => {
    const listed = await run({ uid: 0 }, '/bin/sh', '-c', 'ps -ww -o command= -p "$1"', 'sh', String(pid));
    return listed.output;
  });
  return commandLine.includes(data) && commandLine.includes('postgres');
}

/**
 * Replaces the process id in the lock files (of the data and of the socket) by one that has just ended. The files
 * stay: the first also names the shared memory by which PostgreSQL notices that backends of the crashed server live on.
 */
async function disown(data: string, lockLines: readonly string[]): Promise<void> {
  const [stale, socketDir] = [lockLines[0], lockLines[4]];
  const ended = String(spawnSync('/bin/sh', ['-c', ':']).pid);
  for (const path of [join(data, 'postmaster.pid'), `${socketDir}${SOCKET_FILE}.lock`]) {
    const [pid, ...rest] = (await readFile(path, 'utf8').catch(() => '')).split('\n');
    if (pid === stale) await writeFile(path, [ended, ...rest].join('\n'));
  }
}

/**
 * Makes the database cluster unless there is one. It is made under a draft name and renamed, so that a start killed
 * half-way leaves no half-made cluster, and of two first starts at once one wins.
 *
 * The `builtin` locale provider makes sort order the same on every host (PostgreSQL 17 and newer).
 * @throws Error when `initdb` fails, or when the cluster was made by another major version.
 */
export async function ensureCluster(server: Server): Promise<void> {
  if (await isThere(server.data)) return checkVersion(server);
  const draft = `${server.data}.${randomUUID()}`;
  await privateDirectory(server.account, draft);
  const sync = server.durable ? [] : ['--no-sync'];
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const settings = ['--username', SUPERUSER, '--auth=trust', '--no-instructions', ...locale, ...sync];
  const made = await run(server.account, server.binaries.initdb, '-D', draft, ...settings);
  if (made.code !== 0) {
    await rm(draft, { recursive: true, force: true });
    throw new Error(`PostgreSQL could not prepare ${server.data}: ${made.output.trim()}`);
  }
  await rename(draft, server.data).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    await rm(draft, { recursive: true, force: true }); // another start was faster
  });
}

async function checkVersion(server: Server): Promise<void> {
  const found = (await readFile(join(server.data, 'PG_VERSION'), 'utf8')).trim();
  if (server.binaries.version.split('.')[0] === found) return;
  throw new Error(
    `The data in ${server.data} were written by PostgreSQL ${found}; the bundled one is ${server.binaries.version}. ` +
      'Move them with the old release (dump) and this one (restore), or choose another data directory.',
  );
}

/**
 * Starts the server process and returns at once with a look at its end: `ended()` is undefined while it lives, then
 * what it last wrote to its log.
 * @throws Error when the program cannot be started at all.
 */
export async function launch(server: Server): Promise<{ ended(): Promise<string | undefined> }> {
  const log = await openLog(join(server.home, 'server.log'));
  const before = (await log.stat()).size;
  let over = false;
  try {
    const child = spawn(server.binaries.postgres, serverArguments(server), {
      ...server.account.stepDown,
      cwd: '/',
      env: CLOSED_ENVIRONMENT,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    child.once('exit', () => (over = true));
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (cause) => reject(new Error(cannotRun(server.binaries.postgres, cause), { cause })));
    });
    child.unref();
  } finally {
    await log.close();
  }
  return {
    ended: async () => (over ? (await readFile(join(server.home, 'server.log'), 'utf8')).slice(before) : undefined),
  };
}

/** The log is set aside when it has grown; at most one older one is kept. */
async function openLog(path: string): Promise<FileHandle> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOG_LIMIT_BYTES) await rename(path, `${path}.1`);
  return open(path, 'a', 0o600);
}

function serverArguments(server: Server): readonly string[] {
  const settings = {
    listen_addresses: '',
    // A list of paths: quoted, because a comma would separate two.
    unix_socket_directories: `"${server.socketDir.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0700',
    log_checkpoints: 'off',
    // Shared memory objects of a user who logs out are removed by systemd (RemoveIPC), and are 64 MB in a container:
    // use files instead, and no parallel plans, which would need many.
    dynamic_shared_memory_type: 'mmap',
    max_parallel_workers_per_gather: '0',
    max_wal_size: '256MB',
    ...(server.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return ['-D', server.data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/**
 * Stops the server: open transactions are rolled back, everything acknowledged is on disk. No error if none runs.
 * @throws Error when it has not ended after 30 seconds.
 */
export async function stopServer(server: Server): Promise<void> {
  if ((await findRunning(server)) === undefined) return;
  const stop = await run(
    server.account,
    server.binaries.pgCtl,
    'stop',
    '-D',
    server.data,
    '-m',
    'fast',
    '-w',
    '-t',
    '30',
  );
  if (stop.code === 0 || (await findRunning(server)) === undefined) return;
  throw new Error(`PostgreSQL in ${server.data} did not stop within 30 seconds: ${stop.output.trim()}`);
}
