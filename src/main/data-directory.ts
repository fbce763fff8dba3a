/**
 * One server to a data directory: the second one would stop the first one's database when it ends.
 */

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from './is-alive.ts';

/**
 * @returns the way to give it free again
 * @throws Error naming the process that holds it
 */
export async function lockDataDirectory(directory: string): Promise<() => Promise<void>> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, 'server.pid');
  const holder = await livingHolder(path);
  if (holder !== undefined) {
    throw new Error(
      `the data directory ${directory} is in use by process ${holder}. Stop it, or choose another with --data-dir; to share a database use database_url.`,
    );
  }
  await writeFile(path, `${process.pid}\n`);
  return () => rm(path, { force: true });
}

async function livingHolder(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const pid = Number(text.trim());
  if (!pid || pid === process.pid || !isAlive(pid)) return undefined;
  // A pid is used again after a reboot: only a process that looks like one of ours holds the directory.
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => 'groundwork');
  return command.includes('groundwork') || command.includes('dist/src/main') ? pid : undefined;
}
