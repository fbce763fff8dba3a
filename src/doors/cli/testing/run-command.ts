/**
 * Runs one command line in a test, with everything of the process replaced by values.
 */

import { readFile } from 'node:fs/promises';

import type { CliWorld } from '../cli-io.ts';
import { createCli } from '../create-cli.ts';
import { runCli } from '../run-cli.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** File name → text; others are read from disk. */
  readonly files?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly keyFile?: string;
  readonly isTTY?: boolean;
  /** What the person answers. */
  readonly says?: string;
  readonly fetch?: typeof fetch;
  /** Called with the way to press Ctrl-C. */
  readonly onInterruptible?: (press: () => void) => void;
}

export async function runCommand(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const written = { stdout: '', stderr: '' };
  const world = worldOf(written, options);
  const code = await runCli(createCli(world), world, words);
  return { code, ...written };
}

export function worldOf(written: { stdout: string; stderr: string }, options: RunOptions = {}): CliWorld {
  const isTTY = options.isTTY === true;
  return {
    io: {
      stdout: { isTTY, write: (text) => void (written.stdout += text) },
      stderr: { isTTY, write: (text) => void (written.stderr += text) },
      readFile: async (path) => options.files?.[path] ?? readFile(path, 'utf8'),
      readStdin: async () => options.stdin ?? '',
      ask: async () => options.says,
      now: () => Date.parse('2026-11-21T10:00:30.000Z'),
      onInterrupt(listener) {
        options.onInterruptible?.(listener);
        return () => {};
      },
    },
    env: options.env ?? {},
    fetch: options.fetch ?? fetch,
    version: '1.2.3',
    readKeyFile: async () => options.keyFile,
  };
}
