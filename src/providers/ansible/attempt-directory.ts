/**
 * The directory of one attempt at a play: everything that the play reads and writes. It is also the memory that outlives a
 * killed worker: whoever comes next finds here which process to end, what was printed, and whether the play had ended.
 *
 * `data_dir/playbook-runs/RUN/ATTEMPT/`, readable for the server's account only.
 */

import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface AttemptDirectory {
  readonly runId: string;
  readonly attempt: number;
  readonly path: string;
  /** Written first by the process of the play: its id and identity. */
  readonly claim: string;
  /** Exit code; written by the process of the play when it has ended by itself. */
  readonly exit: string;
  readonly stdout: string;
  readonly stderr: string;
  /** Written by the callback plugin. */
  readonly record: string;
  readonly inventory: string;
  readonly extraVars: string;
  /** Names the directory of SSH's control sockets, which need a short path. */
  readonly control: string;
}

const PRIVATE_FILE = { mode: 0o600 } as const;

export function runDirectory(dataDir: string, runId: string): string {
  return join(dataDir, 'playbook-runs', runId);
}

export function attemptDirectory(dataDir: string, runId: string, attempt: number): AttemptDirectory {
  const path = join(runDirectory(dataDir, runId), String(attempt));
  const file = (name: string): string => join(path, name);
  return {
    runId,
    attempt,
    path,
    claim: file('process'),
    exit: file('exit'),
    stdout: file('stdout'),
    stderr: file('stderr'),
    record: file('record.jsonl'),
    inventory: file('inventory.json'),
    extraVars: file('extra-vars.yml'),
    control: file('control'),
  };
}

/** Makes it anew. @returns the directory for control sockets */
export async function makeAttemptDirectory(directory: AttemptDirectory, temporaryDirectory: string): Promise<string> {
  await rm(directory.path, { recursive: true, force: true });
  await mkdir(directory.path, { recursive: true, mode: 0o700 });
  await mkdir(join(directory.path, 'tmp'), { mode: 0o700 });
  const control = await mkdtemp(join(temporaryDirectory, 'gw-'));
  await writePrivately(directory.control, control);
  return control;
}

export async function writePrivately(path: string, text: string): Promise<void> {
  await writeFile(path, text, PRIVATE_FILE);
}

/** Attempts at a run that left something on this machine, oldest first. */
export async function earlierAttempts(dataDir: string, runId: string): Promise<AttemptDirectory[]> {
  const names = await readdir(runDirectory(dataDir, runId)).catch(() => []);
  const numbers = names.filter((name) => /^\d+$/.test(name)).map(Number);
  return numbers.toSorted((a, b) => a - b).map((attempt) => attemptDirectory(dataDir, runId, attempt));
}

/** Ids of all runs that left something on this machine. */
export async function runsWithDirectories(dataDir: string): Promise<string[]> {
  return readdir(join(dataDir, 'playbook-runs')).catch(() => []);
}

/** What holds secrets goes as soon as no process reads it any more. */
export async function removeSecrets({ inventory, extraVars }: AttemptDirectory): Promise<void> {
  await Promise.all([rm(inventory, { force: true }), rm(extraVars, { force: true })]);
}

/** @returns how the play ended by itself, or undefined when it was killed or never began */
export async function readExit({ claim, exit }: AttemptDirectory): Promise<PlayExit | undefined> {
  const text = await readFile(exit, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const [began, ended] = await Promise.all([stat(claim), stat(exit)]);
  return { code: Number(text), durationMs: Math.round(ended.mtimeMs - began.mtimeMs), endedAt: ended.mtime };
}

export interface PlayExit {
  readonly code: number;
  readonly durationMs: number;
  readonly endedAt: Date;
}
