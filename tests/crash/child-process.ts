/**
 * Real processes for crash tests. Every one is known by its pid from the moment it is spawned, and none outlives the test
 * run: they are killed one by one when the run ends, however it ends.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Child {
  readonly pid: number;
  readonly isAlive: () => boolean;
  signal(name: NodeJS.Signals): void;
  /** SIGKILL; resolves when the process is gone and its sockets with it. */
  kill(): Promise<void>;
}

export interface Launch {
  /** Program of this repository, relative to its root, and its arguments. */
  readonly words: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory: string;
  /** Gets everything that the process says on standard error. */
  readonly logFile: string;
  /** The process is ready when a line of its standard output fits. */
  readonly ready: RegExp;
  /** Told as soon as there is a process, long before it is ready. */
  readonly onSpawn?: (child: Child) => void;
}

const READY_WITHIN_MS = 30_000;
const living = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/**
 * @returns the process and what `ready` captured in its output
 * @throws Error when the process ends or says nothing of the kind in time
 */
export async function launch(order: Launch): Promise<{ child: Child; captured: string }> {
  const log = openSync(order.logFile, 'a');
  const [program = '', ...rest] = order.words;
  const spawned = spawn(process.execPath, [`${ROOT}${program}`, ...rest], {
    cwd: order.directory,
    env: { PATH: process.env['PATH'], HOME: order.directory, TMPDIR: process.env['TMPDIR'], ...order.environment },
    stdio: ['ignore', 'pipe', log],
  });
  closeSync(log);
  living.add(spawned);
  const gone = new Promise<void>((resolve) => {
    spawned.once('exit', () => {
      living.delete(spawned);
      resolve();
    });
  });
  const child = {
    pid: spawned.pid ?? 0,
    isAlive: () => living.has(spawned),
    signal: (name: NodeJS.Signals) => void spawned.kill(name),
    kill: () => {
      spawned.kill('SIGKILL');
      return gone;
    },
  };
  order.onSpawn?.(child);
  try {
    return { child, captured: await readyLine(spawned, gone, order) };
  } catch (error) {
    await child.kill();
    throw error;
  }
}

async function readyLine(spawned: ChildProcess, gone: Promise<void>, order: Launch): Promise<string> {
  let said = '';
  const line = new Promise<string>((resolve) => {
    spawned.stdout?.on('data', (chunk: Buffer) => {
      said = `${said}${chunk.toString()}`.slice(-10_000);
      const match = order.ready.exec(said);
      if (match) resolve(match[1] ?? '');
    });
  });
  const late = new AbortController();
  const timeUp = wait(READY_WITHIN_MS, undefined, { signal: late.signal }).catch(() => undefined);
  const captured = await Promise.race([line, gone, timeUp]);
  late.abort();
  if (captured !== undefined) return captured;
  const log = (await readFile(order.logFile, 'utf8')).slice(-1_000);
  throw new Error(`${order.words[0]} did not become ready; it said: ${said.slice(-500)}\nand to its log: ${log}`);
}

/** At the end of a test run: nothing that was started here goes on. */
export async function killAll(): Promise<void> {
  const children = [...living];
  await Promise.all(
    children.map(
      (child) =>
        new Promise<void>((resolve) => {
          child.once('exit', () => resolve());
          child.kill('SIGKILL');
        }),
    ),
  );
}
