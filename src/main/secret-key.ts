/**
 * The key that seals what must be stored readable: the signing secrets of webhooks. It comes from the environment or is made
 * at the first start and kept in the data directory, readable by its owner only; never in the database, so that a copy of
 * the one without the other is worth nothing.
 */

import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILE = 'secret.key';

/** @returns the key of this data directory, which is made when there is none */
export async function keepSecretKey(dataDir: string): Promise<string> {
  const path = join(dataDir, FILE);
  return (await readKey(path)) ?? (await makeKey(dataDir, path));
}

async function readKey(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim() || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${path} cannot be read, so the secrets of webhooks cannot be opened`, { cause: error });
  }
}

/** Appears whole or not at all: a key that is half written when the machine stops would be taken for the key. */
async function makeKey(dataDir: string, path: string): Promise<string> {
  const key = randomBytes(32).toString('base64url');
  await mkdir(dataDir, { recursive: true });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, `${key}\n`, { mode: 0o600, flush: true });
  await link(draft, path);
  await unlink(draft);
  return key;
}
