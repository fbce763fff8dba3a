/**
 * The program as its users run it: a process of its own, with an environment that holds nothing but what is said here.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../dist/src/main/cli.js', import.meta.url));
const READY_WITHIN_MS = 60_000;
const living = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

export interface Surroundings {
  /** Working directory and home. */
  readonly directory: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Ended {
  /** Exit code, or null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** What it has said on standard output. */
  said(): string;
  /** What it has logged. */
  logged(): string;
  /** Sends a signal and waits for the end. */
  end(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<Ended>;
}

/** Runs one command to its end. */
export function runProgram(words: readonly string[], surroundings: Surroundings): Promise<Ended> {
  return launch(words, surroundings).ended;
}

/**
 * Starts the server and waits until it listens.
 * @throws Error with its last words when it ends or does not listen in time
 */
export async function startServer(words: readonly string[], surroundings: Surroundings): Promise<ServerProcess> {
  const { child, ended, output } = launch(['start', ...words], surroundings);
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (why: string): void =>
      reject(new Error(`the server ${why}:\n${output.stdout}\n${output.stderr.slice(-3000)}`));
    const timer = setTimeout(() => fail('does not listen'), READY_WITHIN_MS);
    void ended.then(() => fail('has ended'));
    child.stdout?.on('data', () => {
      const listening = /Listening on (\S+)/.exec(output.stdout)?.[1];
      if (listening === undefined) return;
      clearTimeout(timer);
      resolve(listening);
    });
  }).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  return {
    url,
    pid: child.pid ?? 0,
    said: () => output.stdout,
    logged: () => output.stderr,
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

function launch(words: readonly string[], { directory, environment }: Surroundings) {
  const { PATH = '', TMPDIR = '/tmp' } = process.env;
  const child = spawn(process.execPath, [PROGRAM, ...words], {
    cwd: directory,
    env: { PATH, TMPDIR, HOME: directory, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  living.add(child);
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => {
      living.delete(child);
      resolve({ code, ...output });
    });
  });
  return { child, ended, output };
}
