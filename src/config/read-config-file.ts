/**
 * Finds and reads the configuration file: the one that was named, else `groundwork.yaml` in the working directory.
 */

import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { ConfigError } from './config-error.ts';
import type { ConfigText } from './load-config.ts';
import type { ConfigFlags, Environment } from './overrides.ts';

export const DEFAULT_CONFIG_NAME = 'groundwork.yaml';

interface Named {
  readonly name: string;
  /** Who named it, for the complaint when it is not there. */
  readonly where: string;
}

/**
 * The file's text, or undefined when none was named and the default one is not there.
 * @throws ConfigError when a file that was named cannot be read, or the default one exists but cannot be read.
 */
export async function readConfigFile(options: {
  environment: Environment;
  flags?: ConfigFlags;
  workingDirectory: string;
}): Promise<ConfigText | undefined> {
  const named = namedFile(options.environment, options.flags ?? {});
  const name = named?.name ?? DEFAULT_CONFIG_NAME;
  const path = resolve(options.workingDirectory, name);
  try {
    return { path, name, text: await readFile(path, 'utf8'), directory: dirname(path) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'; // node:fs throws nothing else
    if (!named && code === 'ENOENT') return undefined;
    throw new ConfigError([cannotRead(path, named?.where ?? name, code)]);
  }
}

function namedFile(environment: Environment, flags: ConfigFlags): Named | undefined {
  if (flags.config !== undefined) return { name: flags.config, where: '--config' };
  const name = environment['GROUNDWORK_CONFIG'];
  return name ? { name, where: 'GROUNDWORK_CONFIG' } : undefined;
}

function cannotRead(path: string, where: string, code: string) {
  const reason = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
  return { where, key: '', detail: `The file ${path} ${reason}.`, remedy: 'Name a file that can be read.' };
}
