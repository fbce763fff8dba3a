/**
 * Where a person has to look when a check of a node fails: the field of the template that the node was made from, or the
 * parameter that fills it.
 */

import type { Json, JsonObject } from './json.ts';
import { escapePointer } from './merge-template.ts';

/** Field of a tier by what is checked. */
const TIER_FIELDS: Readonly<Record<string, string>> = {
  flavor: 'flavor',
  host_capacity: 'flavor',
  image: 'image',
  key_pair: 'key_name',
  security_group: 'security_groups',
};

/**
 * @param what as in a Check
 * @param template body of the template, its placeholders still in it
 * @returns a JSON pointer such as `/parameters/flavor` or `/template/vm_config/web/flavor`
 */
export function locateCheck(key: string, what: string, template: JsonObject): string {
  const path = pathOf(key, what);
  const parameter = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/.exec(textAt(template, path))?.[1];
  if (parameter !== undefined) return `/parameters/${parameter}`;
  return ['/template', ...path.map(escapePointer)].join('/');
}

/** Field of a wanted server that a check is about. */
export function fieldOfCheck(what: string): string | undefined {
  return TIER_FIELDS[what];
}

function pathOf(key: string, what: string): string[] {
  const [noun, name = ''] = key.split('/');
  if (noun === 'server') return ['vm_config', name, ...(TIER_FIELDS[what] === undefined ? [] : [TIER_FIELDS[what]])];
  if (what === 'external_network') return ['network_config', 'router', 'external_network'];
  if (noun === 'subnet') return ['network_config', 'subnets', name];
  return ['network_config'];
}

function textAt(body: JsonObject, path: readonly string[]): string {
  let value: Json | undefined = body;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return '';
    value = (value as JsonObject)[part];
  }
  return typeof value === 'string' ? value : '';
}
