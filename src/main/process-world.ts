/**
 * The command line's world, made of the real process.
 */

import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import type { CliWorld } from '../doors/cli/cli-io.ts';
import { readAdminKey } from './admin-key.ts';
import { VERSION } from './package-root.ts';

export function processWorld(): CliWorld {
  return {
    env: process.env,
    fetch,
    version: VERSION,
    readKeyFile: readAdminKey,
    io: {
      stdout: process.stdout,
      stderr: process.stderr,
      readFile: (path) => readFile(path, 'utf8'),
      readStdin: () => text(process.stdin),
      ask,
      now: () => Date.now(),
      onInterrupt(listener) {
        process.on('SIGINT', listener);
        return () => void process.off('SIGINT', listener);
      },
    },
  };
}

async function ask(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined;
  const line = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await line.question(question);
  } finally {
    line.close();
  }
}
