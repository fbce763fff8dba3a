/**
 * Where this package lies and which version it is. The compiled files mirror the source one folder deeper, so the root is
 * found by its package.json and not by counting folders.
 */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json'))) {
    const parent = dirname(directory);
    if (parent === directory) throw new Error('the package has lost its package.json');
    directory = parent;
  }
  return directory;
}

/** Absolute path of the package. */
export const PACKAGE_ROOT = findRoot();

export const VERSION: string = (
  JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { version: string }
).version;
