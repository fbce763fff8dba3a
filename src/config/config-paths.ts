/**
 * Makes the paths of a configuration absolute. Those in the file are relative to the file, so that it means the same
 * from wherever the server is started; all others (variables, flags, defaults) to the working directory.
 */

import { join, resolve } from 'node:path';

import type { Path } from './yaml-source.ts';

/** Keys that hold a path; `*` stands for any name. */
const PATH_KEYS: readonly Path[] = [
  ['data_dir'],
  ['templates_dir'],
  ['playbooks_dir'],
  ['regions', '*', 'clouds_file'],
  ['regions', '*', 'ansible', 'private_key_file'],
  ['regions', '*', 'ansible', 'known_hosts_file'],
  ['regions', '*', 'ansible', 'vault_password_file'],
];

export interface PathContext {
  /** Absolute directory that relative paths start from. */
  readonly directory: string;
  /** For a leading `~/`. */
  readonly homeDirectory: string;
}

/** Rewrites, in place, every path in a configuration of any shape; what is not a text is left to the schema check. */
export function makePathsAbsolute(config: unknown, context: PathContext): void {
  for (const path of PATH_KEYS) rewrite(config, path, (text) => absolutePath(text, context));
}

function absolutePath(text: string, { directory, homeDirectory }: PathContext): string {
  if (text === '') return text; // the schema complains
  return text.startsWith('~/') ? join(homeDirectory, text.slice(2)) : resolve(directory, text);
}

function rewrite(value: unknown, [name, ...rest]: Path, change: (text: string) => string): void {
  if (!isMap(value)) return;
  for (const key of name === '*' ? Object.keys(value) : [String(name)]) {
    const inner = value[key];
    if (rest.length > 0) rewrite(inner, rest, change);
    else if (typeof inner === 'string') value[key] = change(inner);
  }
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
