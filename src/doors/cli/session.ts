/**
 * One invocation of a client command: the server it talks to, and the manner in which it answers.
 */

import { createApiClient } from '../../contract/client.ts';
import type { ApiClient } from '../../contract/client.ts';
import type { CliIo, CliWorld } from './cli-io.ts';
import { EXIT, ExitWith } from './exit.ts';
import { createPaint } from './display/terminal-text.ts';
import type { Paint } from './display/terminal-text.ts';

export interface GlobalOptions {
  readonly server?: string;
  readonly key?: string;
  readonly json?: boolean;
  /** False for `--no-color`. */
  readonly color?: boolean;
  readonly quiet?: boolean;
  /** Set by `runCli`, not by an option. */
  readonly words?: readonly string[];
}

export interface Session {
  readonly client: ApiClient;
  readonly io: CliIo;
  readonly json: boolean;
  readonly quiet: boolean;
  /** Cells of a line on standard output. */
  readonly columns: number;
  readonly color: boolean;
  readonly paint: Paint;
  /** The command line as it was given, without program and script. */
  readonly words: readonly string[];
  /** Lines for a person; nothing under `--json` and `--quiet`. */
  say(lines: string | readonly string[]): void;
  /** The answer itself: JSON under `--json`, else the lines that `render` makes of it. */
  answer<T>(value: T, render: (value: T) => string | readonly string[]): void;
}

export const DEFAULT_SERVER = 'http://127.0.0.1:8080';
const DEFAULT_DATA_DIR = '.groundwork';
const LEAST_COLUMNS = 40;

/** @throws ExitWith for a server address that is none */
export async function openSession(world: CliWorld, options: GlobalOptions): Promise<Session> {
  const { io, env } = world;
  const baseUrl = serverUrl(options.server ?? env['GROUNDWORK_URL'] ?? '');
  const key = options.key ?? (env['GROUNDWORK_KEY'] || (await keyFromFile(world, baseUrl)));
  const color = wantsColor(world, options);
  const json = options.json === true;
  const quiet = options.quiet === true;
  const write = (lines: string | readonly string[]): void => {
    io.stdout.write(
      [lines]
        .flat()
        .map((line) => `${line}\n`)
        .join(''),
    );
  };
  return {
    client: createApiClient({ baseUrl, fetch: world.fetch, ...(key === undefined ? {} : { key }) }),
    ...{ io, json, quiet, color, paint: createPaint(color), words: options.words ?? [] },
    columns: Math.max(LEAST_COLUMNS, io.stdout.columns ?? 80),
    say: (lines) => (json || quiet ? undefined : write(lines)),
    answer: (value, render) => write(json ? JSON.stringify(value, undefined, 2) : render(value)),
  };
}

/** Colours only where a person looks: https://no-color.org, and dumb terminals. */
export function wantsColor({ io, env }: Pick<CliWorld, 'io' | 'env'>, options: Pick<GlobalOptions, 'color'>): boolean {
  return io.stdout.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb' && options.color !== false;
}

function serverUrl(given: string): string {
  const text = given === '' ? DEFAULT_SERVER : given;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text;
  throw new ExitWith(EXIT.usage, `"${text}" is no address of a server; write it as ${DEFAULT_SERVER}`);
}

/** The key file belongs to the server on this machine; its key is sent to no other. */
async function keyFromFile({ env, readKeyFile }: CliWorld, baseUrl: string): Promise<string | undefined> {
  const { hostname } = new URL(baseUrl);
  const isHere = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
  return isHere ? readKeyFile(env['GROUNDWORK_DATA_DIR'] || DEFAULT_DATA_DIR) : undefined;
}
