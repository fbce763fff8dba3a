/**
 * Environment, file and command line become one validated, frozen value, or one report of everything that is wrong.
 *
 * The command line goes before the environment, the environment before the file, the file before the defaults.
 * Nothing here reads a file or the process: `main/` hands everything in, so the whole of it is a pure function.
 */

import type { ConfigFile } from '../contract/config.ts';
import { parseTtl } from '../domain/ttl.ts';
import { isNetwork } from '../domain/webhook-target.ts';
import { ConfigError } from './config-error.ts';
import type { ConfigFault } from './config-error.ts';
import { isMap, makePathsAbsolute } from './config-paths.ts';
import { resolveKeys } from './configured-keys.ts';
import type { ConfiguredKey } from './configured-keys.ts';
import { givenOverrides, misspeltVariables } from './overrides.ts';
import type { AppliedOverride, ConfigFlags, Environment } from './overrides.ts';
import { fillAndCheck } from './schema-faults.ts';
import type { SchemaFault } from './schema-faults.ts';
import { readYaml } from './yaml-source.ts';

export interface ConfigInput {
  readonly environment: Environment;
  readonly flags?: ConfigFlags;
  /** What `readConfigFile` found; undefined when there is no file. */
  readonly file?: ConfigText | undefined;
  /** Absolute. */
  readonly workingDirectory: string;
  /** Absolute; for a leading `~/` in paths. */
  readonly homeDirectory: string;
}

export interface ConfigText {
  /** Absolute path. */
  readonly path: string;
  /** How complaints call it: as the user gave it. */
  readonly name: string;
  readonly text: string;
  /** Absolute directory of the file. */
  readonly directory: string;
}

/** The loaded configuration. All paths are absolute; keys of API users are hashed. */
export interface Config extends Omit<ConfigFile, 'api_keys'> {
  readonly api_keys: readonly ConfiguredKey[];
  /** From GROUNDWORK_ADMIN_KEY. A secret: never logged. */
  readonly admin_key: string | undefined;
  /** From GROUNDWORK_SECRET_KEY. A secret: never logged. */
  readonly secret_key: string | undefined;
  /** Absolute path of the file that was read, if there was one. */
  readonly file: string | undefined;
}

/** @throws ConfigError with every fault at once. */
export function loadConfig(input: ConfigInput): Config {
  const { environment, file } = input;
  const source = file && readYaml(file.name, file.text);
  if (source && source.faults.length > 0) throw new ConfigError(source.faults);

  const overrides = givenOverrides(environment, input.flags ?? {});
  const merged = mergeLayers(source?.value ?? {}, overrides, input);
  const checked = fillAndCheck(merged);
  const keysAreSound = isMap(merged) && !checked.faults.some(({ path }) => path[0] === 'api_keys');
  const keys = resolveKeys(keysAreSound ? checked.config.api_keys : [], environment);

  const place = ({ path, ...fault }: SchemaFault): ConfigFault => {
    const override = overrides.find((candidate) => candidate.path.join('.') === path.join('.'));
    return { where: override?.where ?? source?.locate(path) ?? 'defaults', key: path.join('.'), ...fault };
  };
  const faults = [...checked.faults, ...keys.faults, ...networkFaults(checked), ...ttlFaults(checked)].map(place);
  faults.push(...misspeltVariables(environment), ...adminKeyFaults(environment), ...secretKeyFaults(environment));
  if (faults.length > 0) throw new ConfigError(faults);

  makePathsAbsolute(checked.config, { directory: input.workingDirectory, homeDirectory: input.homeDirectory });
  return deepFreeze({ ...checked.config, api_keys: keys.keys, ...secretsOf(environment), file: file?.path });
}

/** The file with the overrides on top; what is still relative afterwards is relative to the working directory. */
function mergeLayers(fileValue: unknown, overrides: readonly AppliedOverride[], input: ConfigInput): unknown {
  const value = structuredClone(fileValue);
  if (!isMap(value)) return value; // the schema complains about the file as a whole
  const { homeDirectory } = input;
  if (input.file) makePathsAbsolute(value, { directory: input.file.directory, homeDirectory });
  for (const { path, value: given } of overrides) {
    const [name = '', inner] = path.map(String);
    if (inner === undefined) value[name] = given;
    else {
      const section = (value[name] ??= {});
      if (isMap(section)) section[inner] = given;
    }
  }
  return value;
}

function secretsOf(environment: Environment): Pick<Config, 'admin_key' | 'secret_key'> {
  const [admin_key, secret_key] = [environment['GROUNDWORK_ADMIN_KEY'], environment['GROUNDWORK_SECRET_KEY']];
  return { admin_key: admin_key || undefined, secret_key: secret_key || undefined };
}

function adminKeyFaults(environment: Environment): ConfigFault[] {
  if (/^[\x21-\x7e]*$/.test(environment['GROUNDWORK_ADMIN_KEY'] ?? '')) return [];
  const detail = 'The key holds characters that no HTTP header can carry (its value is not shown).';
  return [{ where: 'GROUNDWORK_ADMIN_KEY', key: '', detail, remedy: 'Use printable ASCII without spaces.' }];
}

function networkFaults({ config, faults }: ReturnType<typeof fillAndCheck>): SchemaFault[] {
  if (faults.length > 0) return [];
  return config.webhooks.allow_addresses.flatMap((text, index) => {
    if (isNetwork(text)) return [];
    const path = ['webhooks', 'allow_addresses', index];
    return [{ path, detail: `${text} is no network.`, remedy: 'Write address and length: 10.20.0.0/16.' }];
  });
}

function ttlFaults({ config, faults }: ReturnType<typeof fillAndCheck>): SchemaFault[] {
  if (faults.length > 0) return [];
  return Object.entries(config.regions).flatMap(([name, { max_ttl: text }]) => {
    const parsed = text === undefined ? { ms: 0 } : parseTtl(text);
    if (!('problem' in parsed)) return [];
    return [{ path: ['regions', name, 'max_ttl'], detail: `${text}: ${parsed.problem}.`, remedy: parsed.remedy }];
  });
}

/** Whoever guesses the key can sign in our name, so a short one is refused. */
function secretKeyFaults(environment: Environment): ConfigFault[] {
  const key = environment['GROUNDWORK_SECRET_KEY'];
  if (key === undefined || key === '' || key.length >= 32) return [];
  const detail = 'The key is shorter than 32 characters (its value is not shown).';
  return [{ where: 'GROUNDWORK_SECRET_KEY', key: '', detail, remedy: 'Make one: `openssl rand -base64 32`.' }];
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
