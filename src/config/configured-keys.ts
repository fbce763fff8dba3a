/**
 * The API keys that a configuration names. Only their hashes go on: the configuration holds no secret that it could
 * lose.
 */

import { createHash } from 'node:crypto';

import type { ConfigFile } from '../contract/config.ts';
import type { Scope } from '../contract/key.ts';
import type { Environment } from './overrides.ts';
import type { SchemaFault } from './schema-faults.ts';

export interface ConfiguredKey {
  readonly name: string;
  readonly scope: Scope;
  /** Hexadecimal SHA-256 of the key. */
  readonly key_sha256: string;
}

type KeyEntry = ConfigFile['api_keys'][number];

/** Every key with its hash, and what is wrong with the entries. */
export function resolveKeys(entries: readonly KeyEntry[], environment: Environment) {
  const faults = entries.flatMap((entry, index) => [
    ...nameFaults(entries, index),
    ...secretFaults(entry, index, environment),
  ]);
  const keys = entries.map(({ name, scope, key_env: variable = '', key_sha256: digest }): ConfiguredKey => ({
    name,
    scope,
    key_sha256: digest ?? hashKey(environment[variable] ?? ''),
  }));
  return { keys, faults };
}

/** How a key is stored and compared: hexadecimal SHA-256. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

function nameFaults(entries: readonly KeyEntry[], index: number): SchemaFault[] {
  const name = entries[index]?.name;
  if (entries.findIndex((entry) => entry.name === name) === index) return [];
  return [
    { path: ['api_keys', index, 'name'], detail: `The name "${name}" is used twice.`, remedy: 'Name each key once.' },
  ];
}

function secretFaults({ key_env: variable, key_sha256: digest }: KeyEntry, index: number, environment: Environment) {
  const path = ['api_keys', index];
  if ((variable === undefined) === (digest === undefined)) {
    const remedy = 'Give the variable that holds the key, or the hash of the key.';
    return [{ path, detail: 'A key needs exactly one of key_env and key_sha256.', remedy }];
  }
  if (variable === undefined || environment[variable]) return [];
  const remedy = `Set ${variable} to the key, or use key_sha256.`;
  return [{ path: [...path, 'key_env'], detail: `The variable ${variable} is not set.`, remedy }];
}
