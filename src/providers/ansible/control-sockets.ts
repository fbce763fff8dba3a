/**
 * SSH keeps a connection to each host open between tasks, held by a process that leaves the play's process group. When the
 * play is over these processes are asked to end; otherwise each would stay for a minute.
 */

import { execFile } from 'node:child_process';
import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AttemptDirectory } from './attempt-directory.ts';

const PATIENCE_MS = 3_000;

export async function closeControlSockets({ control }: AttemptDirectory, searchPath: string): Promise<void> {
  const directory = await readFile(control, 'utf8').catch(() => undefined);
  if (directory === undefined) return;
  const sockets = await readdir(directory).catch(() => []);
  await Promise.all(sockets.map((name) => closeOne(join(directory, name), searchPath)));
  await rm(directory, { recursive: true, force: true });
}

async function closeOne(socket: string, searchPath: string): Promise<void> {
  const options = { timeout: PATIENCE_MS, env: { PATH: searchPath } };
  // The host's name is not used: the socket says which connection is meant.
  await promisify(execFile)('ssh', ['-F', 'none', '-o', `ControlPath=${socket}`, '-O', 'exit', 'host'], options).catch(
    () => {
      // Nobody listens any more, which is what was wanted.
    },
  );
}
