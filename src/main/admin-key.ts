/**
 * The first key. A server that has none makes one admin key at its first start, shows it once and keeps it in the data
 * directory, readable by its owner only, so that the command line on the same machine works without being told.
 */

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ids } from '../ports/ids.ts';
import type { KeyStore } from '../ports/store.ts';

const FILE = 'admin.key';

export interface FirstKey {
  readonly path: string;
  /** The key of an earlier start. */
  readonly kept: string | undefined;
  /** The key that was made just now. */
  readonly created: string | undefined;
}

/** @returns the key kept in a data directory, or undefined */
export async function readAdminKey(dataDir: string): Promise<string | undefined> {
  try {
    return (await readFile(join(dataDir, FILE), 'utf8')).trim() || undefined;
  } catch {
    // Absent, or somebody else's: then there is no key for us here.
    return undefined;
  }
}

/**
 * Makes sure that the data directory's key is known to the database, and makes one when there is none.
 */
export async function ensureAdminKey(dataDir: string, keys: KeyStore, ids: Ids): Promise<FirstKey> {
  const path = join(dataDir, FILE);
  const kept = await readAdminKey(dataDir);
  if (kept !== undefined) {
    if (!(await keys.findByHash(ids.hash(kept)))) await addKey(keys, ids, kept);
    return { path, kept, created: undefined };
  }
  const created = ids.newKey();
  await mkdir(dataDir, { recursive: true });
  await addKey(keys, ids, created);
  await writeFile(path, `${created}\n`, { mode: 0o600 });
  return { path, kept: undefined, created };
}

async function addKey(keys: KeyStore, ids: Ids, key: string): Promise<void> {
  await keys.add({ id: ids.newId(), name: 'admin', scope: 'admin', hash: ids.hash(key) });
}
