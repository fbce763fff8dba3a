/**
 * Every file that is made from the source and committed, as one list: `scripts/generate.js` writes it, a test compares.
 */

import { renderErrorReference } from '../contract/error-reference.ts';
import { buildOpenApi } from '../contract/openapi.ts';

export interface GeneratedFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** @param version of the program, from package.json */
export function generatedFiles(version: string): readonly GeneratedFile[] {
  return [
    { path: 'openapi/groundwork.json', text: `${JSON.stringify(buildOpenApi(version), null, 2)}\n` },
    { path: 'docs/reference/errors.md', text: renderErrorReference() },
  ];
}
