/**
 * What the environment and the command line may say instead of the file. One table: the loader applies it and the
 * reference page prints it.
 */

import { nearestName } from './did-you-mean.ts';
import type { ConfigFault } from './config-error.ts';
import type { Path } from './yaml-source.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the command line gave, as commander names it; numbers are still text. */
export interface ConfigFlags {
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
  readonly dataDir?: string;
  readonly logLevel?: string;
}

export interface Override {
  readonly path: Path;
  readonly environment: string;
  readonly flag?: Exclude<keyof ConfigFlags, 'config'>;
}

const PREFIX = 'GROUNDWORK_';

export const OVERRIDES: readonly Override[] = [
  { path: ['server', 'host'], environment: 'GROUNDWORK_HOST', flag: 'host' },
  { path: ['server', 'port'], environment: 'GROUNDWORK_PORT', flag: 'port' },
  { path: ['data_dir'], environment: 'GROUNDWORK_DATA_DIR', flag: 'dataDir' },
  { path: ['database_url'], environment: 'DATABASE_URL' },
  { path: ['templates_dir'], environment: 'GROUNDWORK_TEMPLATES_DIR' },
  { path: ['playbooks_dir'], environment: 'GROUNDWORK_PLAYBOOKS_DIR' },
  { path: ['log', 'level'], environment: 'GROUNDWORK_LOG_LEVEL', flag: 'logLevel' },
  { path: ['log', 'format'], environment: 'GROUNDWORK_LOG_FORMAT' },
];

/** Variables with a meaning of their own, which stand for no key of the file. */
export const OTHER_VARIABLES: Readonly<Record<string, string>> = {
  GROUNDWORK_CONFIG: 'Path of the configuration file; the flag `--config` goes first.',
  GROUNDWORK_ADMIN_KEY: 'The admin API key, instead of one that is made at the first start.',
  GROUNDWORK_SECRET_KEY:
    'Seals the signing secrets of webhooks and the secret variables of playbooks: at least 32 random characters, the same on all servers of one database. Without it a key is made and kept in `data_dir`.',
  GROUNDWORK_URL: 'For the client commands: address of the server.',
  GROUNDWORK_KEY: 'For the client commands: the API key.',
};

export interface AppliedOverride {
  readonly path: Path;
  readonly value: string | number;
  /** How a complaint calls it: `GROUNDWORK_PORT` or `--port`. */
  readonly where: string;
}

/** Every override that is given; the command line goes before the environment, an empty variable counts as unset. */
export function givenOverrides(environment: Environment, flags: ConfigFlags): AppliedOverride[] {
  return OVERRIDES.flatMap(({ path, environment: variable, flag }) => {
    const fromFlag = flag === undefined ? undefined : flags[flag];
    if (flag !== undefined && fromFlag !== undefined) {
      return [{ path, value: numberOrText(path, fromFlag), where: flagName(flag) }];
    }
    const text = environment[variable];
    return text ? [{ path, value: numberOrText(path, text), where: variable }] : [];
  });
}

/** `dataDir` → `--data-dir`. */
export function flagName(flag: string): string {
  return `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Variables that look like ours, are not, and are near to one that is. */
export function misspeltVariables(environment: Environment): ConfigFault[] {
  const known = [...OVERRIDES.map((override) => override.environment), ...Object.keys(OTHER_VARIABLES)];
  const own = known.filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length));
  return Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && !known.includes(name))
    .flatMap((name) => {
      const meant = nearestName(name.slice(PREFIX.length), own);
      if (meant === undefined) return []; // something else of the same first name is none of our business
      const remedy = `Did you mean ${PREFIX}${meant}?`;
      return [{ where: name, key: '', detail: 'This variable is not known.', remedy }];
    });
}

/** Only ports are numbers; a text that is no number stays text, so that the schema complains about what was written. */
function numberOrText(path: Path, text: string): string | number {
  return path.at(-1) === 'port' && /^\d+$/.test(text) ? Number(text) : text;
}
