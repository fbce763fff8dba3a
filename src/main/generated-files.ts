/**
 * Every file that is made from the source and committed, as one list: `scripts/generate.js` writes it, a test compares.
 */

import { renderConfigReference } from '../config/config-reference.ts';
import { renderErrorReference } from '../contract/error-reference.ts';
import { buildOpenApi } from '../contract/openapi.ts';
import { renderCliReference } from '../doors/cli/cli-reference.ts';
import { processWorld } from './process-world.ts';
import { createProgram } from './program.ts';

export interface GeneratedFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** @param version of the program, from package.json */
export function generatedFiles(version: string): readonly GeneratedFile[] {
  return [
    { path: 'openapi/groundwork.json', text: `${JSON.stringify(buildOpenApi(version), null, 2)}\n` },
    { path: 'docs/reference/cli.md', text: renderCliReference(createProgram(processWorld())) },
    { path: 'docs/reference/configuration.md', text: renderConfigReference() },
    { path: 'docs/reference/errors.md', text: renderErrorReference() },
  ];
}
