/**
 * Writes every generated file (see src/main/generated-files.ts). The source is compiled first, because Node 20 does not
 * read TypeScript.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ensureBuilt, ensureInstalled } from './ensure.js';

ensureInstalled();
ensureBuilt();
const { generatedFiles } = await import('../dist/src/main/generated-files.js');

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
for (const { path, text } of generatedFiles(version)) {
  mkdirSync(dirname(`${root}/${path}`), { recursive: true });
  writeFileSync(`${root}/${path}`, text);
  process.stdout.write(`wrote ${path}\n`);
}
