/**
 * Secret values among the variables that a caller gives. They are stored sealed, because a play must be able to begin anew
 * after a crash and a run can be repeated; whoever reads the database reads none of them.
 */

import type { Json, JsonObject } from './json.ts';

/** A variable whose name says so is secret without being listed. */
const SECRET_NAME =
  /pass(word|phrase|wd)?$|secret|token|credential|api_?key|access_?key|private_?key|encryption_?key|vault|(^|_)pw$|(^|_)pin$|auth(orization)?$/i;

export function looksSecret(name: string): boolean {
  return SECRET_NAME.test(name);
}

const SEALED = '$sealed';

/** @param listed names of further variables that are secret, at any depth */
export function sealSecrets(
  variables: JsonObject,
  listed: readonly string[],
  seal: (text: string) => string,
): JsonObject {
  const walk = (value: Json): Json => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(walk);
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => {
        const isSecret = listed.includes(name) || looksSecret(name);
        return [name, isSecret && holdsText(inner) ? { [SEALED]: seal(JSON.stringify(inner)) } : walk(inner)];
      }),
    );
  };
  return walk(variables) as JsonObject; // an object maps to an object
}

/** True and false, null, what is empty and small numbers (`max_tokens: 3`) tell nothing. */
function holdsText(value: Json): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value as JsonObject).some(holdsText);
  return typeof value === 'number' ? String(value).length > 3 : typeof value === 'string' && value !== '';
}

/**
 * The variables as they were given, and every text in them that must not be shown.
 * @param open throws when something was sealed with another key
 */
export function openSecrets(
  variables: JsonObject,
  open: (sealed: string) => string,
): { variables: JsonObject; secrets: readonly string[] } {
  const secrets: string[] = [];
  const walk = (value: Json): Json => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(walk);
    const sealed = (value as JsonObject)[SEALED]; // no list, see above
    if (typeof sealed !== 'string') {
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walk(inner)]));
    }
    const opened = JSON.parse(open(sealed)) as Json;
    secrets.push(...textsOf(opened));
    return opened;
  };
  return { variables: walk(variables) as JsonObject, secrets }; // an object maps to an object
}

function textsOf(value: Json): string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  if (typeof value === 'number') return [String(value)];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value as JsonObject).flatMap(textsOf);
}
