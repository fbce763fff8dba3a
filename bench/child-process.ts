/**
 * Programs under measurement run as processes of their own, as in life: what is measured shares no event loop with what
 * measures it. Whatever is still running when the benchmark ends, is ended with it.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Running {
  readonly pid: number;
  /** The first line of standard output that fits. @throws Error when the program ends before it */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves once it has ended. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Waits until it has ended by itself. @throws Error unless it ended well */
  ended(): Promise<void>;
}

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Written to its standard input, which is then closed. */
  readonly input?: string;
}

const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** Starts a Node program; its standard error is ours. */
export function startProgram(words: readonly string[], { cwd, env, input = '' }: ProgramOptions = {}): Running {
  const child = spawn(process.execPath, [...words], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  running.add(child);
  child.stdin.end(input);
  const exited = once(child, 'exit').then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  const lines = createInterface({ input: child.stdout });
  return {
    pid: child.pid ?? 0,
    line: (pattern) => lineOf(lines, pattern, words[0] ?? ''),
    async end(signal) {
      child.kill(signal);
      await exited;
    },
    async ended() {
      const code = await exited;
      if (code !== 0) throw new Error(`${words[0]} ended with code ${code}`);
    },
  };
}

/**
 * Runs a command to its end; its standard error is ours.
 * @returns its exit code and what it wrote
 */
export async function runCommand(
  [program = '', ...words]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; output: string }> {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  running.add(child);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  running.delete(child);
  return { code, output: Buffer.concat(chunks).toString() };
}

function lineOf(lines: ReturnType<typeof createInterface>, pattern: RegExp, name: string): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const found = pattern.exec(line);
      if (found) resolve(found);
    });
    lines.once('close', () => reject(new Error(`${name} ended without saying ${pattern}`)));
  });
}
