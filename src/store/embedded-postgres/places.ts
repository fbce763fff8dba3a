/**
 * Where the server keeps its things: `<data directory>/postgres`, unless the account it runs under cannot get there.
 *
 * ```text
 * postgres/            the home; entered by the account, written by the caller
 *   data/              the database cluster, 0700, the account's
 *   run/               the socket, 0700, the account's
 *   server.log         what the server says
 *   binaries-<version> a copy of the programs, only when needed
 *   moved-to           only when the home is elsewhere: its path
 * ```
 *
 * When root keeps the data directory under a 0700 parent such as /root, no other account can enter it, and PostgreSQL
 * insists on absolute paths. The home is then a directory of our own under /var/lib (not /var/tmp: its cleaner removes
 * files nobody touched for 30 days, which would be our tables). `moved-to` remembers it, so the choice is made once,
 * and removing the data directory still means a fresh start. `owner` in the other home names the data directory it
 * serves: a *copy* of a data directory must not drive the original's database.
 */
import { createHash, randomUUID } from 'node:crypto';
import { chmod, lchown, lstat, mkdir, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { canReach, chooseAccount } from './account.ts';
import type { Account, HostFacts } from './account.ts';

/** The chosen home and the account that can enter it. */
export interface Home {
  readonly path: string;
  readonly account: Account;
}

const SHARED_PARENT = '/var/lib/groundwork';
/** What PostgreSQL calls its socket (for its default port) inside the directory it is given. */
export const SOCKET_FILE = '/.s.PGSQL.5432';

/**
 * Finds or makes the home that belongs to `dataDir`.
 * @throws Error when no directory can be made that the account reaches, or when the data are not ours to use.
 */
export async function findHome(host: HostFacts, dataDir: string): Promise<Home> {
  // 0711: others (the account among them) may pass through, but not look around.
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  const near = await enterableDirectory(join(await realpath(dataDir), 'postgres'));
  const far = await readFile(join(near, 'moved-to'), 'utf8').catch(() => undefined);
  if (far !== undefined) return farHome(host, near, far.trim());
  const account = await chooseAccount(host, join(near, 'data'));
  if (await canReach(account, near)) return { path: near, account };
  return moveAway(host, near);
}

async function moveAway(host: HostFacts, near: string): Promise<Home> {
  if (host.uid !== 0) throw new Error(`This user may not enter ${near}. Choose another data directory.`);
  const far = join(SHARED_PARENT, `postgres-${randomUUID()}`);
  await enterableDirectory(SHARED_PARENT);
  await enterableDirectory(far);
  await writeFile(join(far, 'owner'), near);
  const home = await farHome(host, near, far);
  // Renamed into place, so that a start killed here leaves no half-written path behind.
  await writeFile(join(near, 'moved-to.draft'), far);
  await rename(join(near, 'moved-to.draft'), join(near, 'moved-to'));
  return home;
}

async function farHome(host: HostFacts, near: string, far: string): Promise<Home> {
  await claim(near, far);
  const account = await chooseAccount(host, join(far, 'data'));
  if (await canReach(account, far)) return { path: far, account };
  throw new Error(
    `PostgreSQL runs as user id ${account.uid}, who can enter neither ${near} nor ${far}. Choose a data directory ` +
      'whose parents that user may enter (mode o+x), or set DATABASE_URL.',
  );
}

/** Checks that the far home serves this data directory; follows one that was moved, refuses one that was copied. */
async function claim(near: string, far: string): Promise<void> {
  const owner = await readFile(join(far, 'owner'), 'utf8').catch((cause: unknown) => {
    throw new Error(
      `The database of ${near} was kept in ${far}, which is gone or unreadable. Restore it, or remove ${near} to ` +
        'start with an empty database.',
      { cause },
    );
  });
  if (owner === near) return;
  if ((await readFile(join(owner, 'moved-to'), 'utf8').catch(() => '')) === far) {
    throw new Error(
      `${near} is a copy: its database in ${far} belongs to ${owner}. Remove ${near} to start with an empty database.`,
    );
  }
  await writeFile(join(far, 'owner'), near);
}

/** Makes a directory that others may pass through. An existing one is opened up only if it is ours to change. */
async function enterableDirectory(path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o711).catch(() => undefined); // another user's directory: canReach will tell whether it serves
  return path;
}

/**
 * The private directory for the socket: in the home, or under the temporary directory when that path is too long
 * for a socket address (`sockaddr_un`: 108 bytes on Linux, 104 on macOS, with the final zero).
 * The same home always gives the same directory, so another process finds the running server.
 * @throws Error when the directory is not a private one of the account's: somebody else may have put it there.
 */
export async function socketDirectory(host: HostFacts, home: Home): Promise<string> {
  const limit = host.platform === 'linux' ? 107 : 103;
  const short = `groundwork-${home.account.uid}-${createHash('sha256').update(home.path).digest('hex').slice(0, 16)}`;
  const candidates = [join(home.path, 'run'), join(host.tmpdir, short), join('/tmp', short)];
  for (const path of candidates) {
    if (Buffer.byteLength(path + SOCKET_FILE) > limit) continue;
    await privateDirectory(home.account, path);
    if (await canReach(home.account, path)) return path;
  }
  throw new Error(`No directory for PostgreSQL's socket is both short and reachable: tried ${candidates.join(', ')}.`);
}

/** Makes (or checks) a directory that only the account may enter. A symbolic link is never followed. */
export async function privateDirectory(account: Account, path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  if (account.stepDown !== undefined) await handOver(path, account.stepDown);
  const found = await lstat(path);
  if (found.isDirectory() && found.uid === account.uid && (found.mode & 0o077) === 0) return;
  throw new Error(
    `${path} must be a directory of user id ${account.uid} that nobody else may enter (mode 0700), but it is not. ` +
      'Remove it if it is yours; otherwise choose another data directory.',
  );
}

/** Gives away only what is root's own: a directory of a third user stays his, and is refused afterwards. */
async function handOver(path: string, to: { readonly uid: number; readonly gid: number }): Promise<void> {
  if ((await lstat(path)).uid === 0) await lchown(path, to.uid, to.gid);
}

/** Whether anything is at `path`. */
export async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
