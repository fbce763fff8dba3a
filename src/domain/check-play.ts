/**
 * What a request to play a playbook may say, as far as that can be told without looking at a disk. Pure.
 */

import type { Fault } from './errors.ts';
import type { Json, JsonObject } from './json.ts';
import { escapePointer } from './merge-template.ts';

export const MOST_EXTRA_VARS_BYTES = 64 * 1024;

/** Names that lead nowhere but into the playbooks directory; links are the finder's business. */
export function playbookNameFaults(name: string): Fault[] {
  const fault = (detail: string, remedy: string): Fault[] => [{ pointer: '/playbook', detail, value: name, remedy }];
  const inside = 'Give the path of a file in the playbooks directory, relative to it: site.yml, web/nginx.yml.';
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(name)) return fault('the name of the playbook holds control characters', inside);
  if (name.startsWith('/') || name.includes('\\'))
    return fault('the name of the playbook is not a relative path', inside);
  const parts = name.split('/');
  if (parts.includes('..')) return fault('the name of the playbook leads out of the playbooks directory', inside);
  if (parts.some((part) => part === '' || part.startsWith('.')))
    return fault('the name of the playbook has an empty or hidden part', inside);
  if (!/\.ya?ml$/.test(name)) return fault('a playbook is a .yml or .yaml file', `Did you mean ${name}.yml?`);
  return [];
}

const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** How a host is reached is the region's settings; with these a caller could go elsewhere, or run commands on the server. */
const CONNECTION_VARIABLE = /^ansible_/;
const ALLOWED_CONNECTION_VARIABLES = ['ansible_become_password', 'ansible_become_pass'];

export function extraVarsFaults(variables: JsonObject): Fault[] {
  const faults = Object.keys(variables).flatMap((name): Fault[] => {
    const pointer = `/extra_vars/${escapePointer(name)}`;
    if (!VARIABLE_NAME.test(name)) {
      const remedy = 'Use letters, digits and underscores, beginning with a letter.';
      return [{ pointer, detail: `${name} is no name of an Ansible variable`, value: name, remedy }];
    }
    if (!CONNECTION_VARIABLE.test(name) || ALLOWED_CONNECTION_VARIABLES.includes(name)) return [];
    const detail = `${name} says how hosts are reached, and that is set for the region`;
    return [
      { pointer, detail, value: name, remedy: 'Leave it out; user, key and SSH options are in groundwork.yaml.' },
    ];
  });
  const bytes = new TextEncoder().encode(JSON.stringify(variables)).length;
  if (bytes > MOST_EXTRA_VARS_BYTES) faults.push(tooLarge(bytes));
  if (holdsReservedKey(variables)) faults.push(reservedKey());
  return faults;
}

function tooLarge(bytes: number): Fault {
  const detail = `the variables take ${bytes} bytes as JSON, and at most ${MOST_EXTRA_VARS_BYTES} are accepted`;
  return { pointer: '/extra_vars', detail, remedy: 'Put large data into a file beside the playbook.' };
}

/** The key under which sealed values are stored. */
function holdsReservedKey(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value as JsonObject).some(([key, inner]) => key === '$sealed' || holdsReservedKey(inner));
}

function reservedKey(): Fault {
  return {
    pointer: '/extra_vars',
    detail: 'the key $sealed is reserved for stored secrets',
    value: '$sealed',
    remedy: 'Use another key.',
  };
}
