/** Every TypeScript file of the repository that people write, parsed once. */
import { readFileSync, readdirSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

import { importedModule, parse, walk } from './syntax.ts';
import type { SyntaxNode } from './syntax.ts';

export interface SourceFile {
  /** From the repository's root, with forward slashes: `src/domain/plan.ts`. */
  readonly path: string;
  readonly text: string;
  readonly program: SyntaxNode;
  /** Test code: `*.test.ts`, and the fixtures beside it in a `testing` folder. */
  readonly isTest: boolean;
  readonly imports: readonly Import[];
}

export interface Import {
  /** As written; null when computed at run time. */
  readonly specifier: string | null;
  /** Path of the imported file from the root, for relative imports. */
  readonly target: string | undefined;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Only what nobody writes by hand, or not in TypeScript, is passed over: a new tree cannot hide. */
const GENERATED = /^(\.[^/]+|node_modules|dist)$/;
const PROSE = ['docs', 'examples', 'openapi'];

function listFiles(): readonly string[] {
  const entries = readdirSync(ROOT, { withFileTypes: true });
  const trees = entries.filter(({ name }) => !PROSE.includes(name) && !GENERATED.test(name));
  return trees.filter((entry) => entry.isDirectory()).flatMap(({ name }) => filesUnder(name));
}

function filesUnder(folder: string): readonly string[] {
  const entries = readdirSync(ROOT + folder, { withFileTypes: true }).filter(({ name }) => !GENERATED.test(name));
  return entries.flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

export function readSourceFiles(): readonly SourceFile[] {
  return listFiles()
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => sourceFile(path, readFileSync(ROOT + path, 'utf8')));
}

/** Exported so that the rules can be tried on text that is not in the repository. */
export function sourceFile(path: string, text: string): SourceFile {
  const program = parse(path, text);
  const isTest = /\.test\.tsx?$/.test(path) || path.includes('/testing/');
  return { path, text, program, isTest, imports: importsOf(path, program) };
}

function importsOf(path: string, program: SyntaxNode): readonly Import[] {
  const specifiers = [...walk(program)].map(importedModule).filter((specifier) => specifier !== undefined);
  return specifiers.map((specifier) => {
    const isRelative = specifier?.startsWith('.') === true;
    return { specifier, target: isRelative ? posix.join(posix.dirname(path), specifier) : undefined };
  });
}
