/**
 * What names look like. The description doubles as the remedy when a name is refused, so it says what to write.
 */

import { Type } from 'typebox';

type StringOptions = Parameters<typeof Type.String>[0];

export const DISPLAY_NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$';
export const PLAIN_NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$';

/** A name that people read: deployments, keys. Also fits the name of a server once its tier and ordinal are added. */
export function displayName(options: StringOptions = {}) {
  return Type.String({
    pattern: DISPLAY_NAME_PATTERN,
    description: 'A letter or digit, then up to 62 letters, digits, spaces, ".", "_" or "-".',
    ...options,
  });
}

/** A name that is also written in paths and files: templates, regions. */
export function plainName(options: StringOptions = {}) {
  return Type.String({
    pattern: PLAIN_NAME_PATTERN,
    description: 'A letter or digit, then up to 62 letters, digits, ".", "_" or "-".',
    ...options,
  });
}
