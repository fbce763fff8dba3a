/**
 * Everything that the commands need of the process, so that they run in a test as they run in a terminal.
 */

import type { TerminalStream } from './display/live-region.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface CliIo {
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  /** @throws the error of node:fs when the file cannot be read */
  readFile(path: string): Promise<string>;
  /** All of standard input, for the file name `-`. */
  readStdin(): Promise<string>;
  /** One line from the person at the terminal; undefined when nobody is there to answer. */
  ask(question: string): Promise<string | undefined>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back on Ctrl-C instead of ending the process. @returns the way to stop listening */
  onInterrupt(listener: () => void): () => void;
}

/** What the whole command line is made from. */
export interface CliWorld {
  readonly io: CliIo;
  readonly env: Environment;
  readonly fetch: typeof fetch;
  readonly version: string;
  /** The admin key that a server keeps in its data directory, or undefined when there is none to be read. */
  readonly readKeyFile: (dataDir: string) => Promise<string | undefined>;
}
