/**
 * The caller's variables as a YAML file for `--extra-vars @file`. Every text is tagged `!unsafe`, so that Ansible takes it as
 * it is: a text of a caller that Ansible would expand as a template could run any command on this machine.
 *
 * https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_advanced_syntax.html#unsafe-or-raw-strings
 */

import type { Json, JsonObject } from '../../domain/json.ts';

export function extraVarsFile(variables: JsonObject): string {
  return `${flow(variables)}\n`;
}

function flow(value: Json): string {
  if (typeof value === 'string') return `!unsafe ${quoted(value)}`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([name, inner]) => `${quoted(name)}: ${flow(inner)}`)
    .join(', ')}}`;
}

/** A double-quoted scalar in ASCII: PyYAML refuses some characters when they stand as they are. */
function quoted(text: string): string {
  const escaped = [...text].map((character) => {
    const code = character.codePointAt(0) ?? 0;
    if (character === '"' || character === '\\') return `\\${character}`;
    if (code >= 0x20 && code < 0x7f) return character;
    return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
  });
  return `"${escaped.join('')}"`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
