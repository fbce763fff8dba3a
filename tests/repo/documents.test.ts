/**
 * The documents keep up with the house: what they link to, name and tell to type is there.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';

import { processWorld } from '../../src/main/process-world.ts';
import { createProgram } from '../../src/main/program.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NOT_OURS = new Set(['node_modules', 'dist', '.git', '.groundwork']);

interface Document {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

function markdownIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : markdownIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

function withoutFences(text: string): string {
  return text.replace(/^ *```[\s\S]*?^ *```/gm, '');
}

/** As GitHub makes them: lower case, punctuation dropped, blanks to hyphens. */
function anchorsOf(text: string): string[] {
  const headings = [...withoutFences(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function brokenLinks({ path, text }: Document): string[] {
  const targets = [...withoutFences(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target) && !leadsSomewhere(target, path));
}

function leadsSomewhere(target: string, from: string): boolean {
  const [file = '', anchor] = target.split('#');
  const path = file === '' ? from : join(dirname(from), file);
  if (!existsSync(join(ROOT, path))) return false;
  return anchor === undefined || anchorsOf(readFileSync(join(ROOT, path), 'utf8')).includes(anchor);
}

const IN_THE_REPOSITORY = /^(src|simulators|tests|bench|docs|examples|openapi|scripts|bin)\/[\w./-]*$/;

/** Paths that the text names in backticks. A path with `*` or a placeholder stands for many and is passed over. */
function missingPaths({ text }: Document): string[] {
  const named = [...withoutFences(text).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  return named.filter((code) => IN_THE_REPOSITORY.test(code) && !existsSync(join(ROOT, code)));
}

/** `npm run NAME` and `npx groundwork COMMAND`, anywhere in the text. */
function unknownCommands({ text }: Document, program: Command, scripts: readonly string[]): string[] {
  const known = program.commands.flatMap((command) => [command.name(), ...command.aliases()]);
  const run = [...text.matchAll(/npm run ([a-z:]*[a-z])/g)].map(([, script = '']) => script);
  const typed = [...text.matchAll(/npx groundwork ([a-z]+)/g)].map(([, command = '']) => command);
  return [
    ...run.filter((script) => !scripts.includes(script)).map((script) => `npm run ${script}`),
    ...typed.filter((command) => !known.includes(command)).map((command) => `npx groundwork ${command}`),
  ];
}

const documents = markdownIn('').map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
const program = createProgram(processWorld());

describe('the check itself', () => {
  const page = (text: string): Document => ({ path: 'docs/page.md', text });

  it('sees the documents', () => {
    const paths = documents.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['README.md', 'AGENTS.md', 'docs/architecture.md', 'src/runs/README.md']),
    );
  });

  it('notices a link to nowhere, and a heading that is gone', () => {
    expect(brokenLinks(page('[a](../README.md) [b](architecture.md#the-rooms) [c](https://example.com)'))).toEqual([]);
    expect(brokenLinks(page('[a](../NOWHERE.md) [b](architecture.md#the-cellar)'))).toHaveLength(2);
  });

  it('notices a path that is gone', () => {
    expect(missingPaths(page('`src/runs` `src/runs/sweep.ts` `src/*/x.ts` `src/<room>` `a/b`'))).toEqual([]);
    expect(missingPaths(page('`src/cellar/x.ts` and `docs/nothing.md`'))).toHaveLength(2);
  });

  it('notices a command that nobody knows', () => {
    const known = page('`npm run demo` `npm run test:crash` `npx groundwork list`');
    expect(unknownCommands(known, program, Object.keys(scripts))).toEqual([]);
    expect(unknownCommands(page('npm run nothing; npx groundwork fly'), program, Object.keys(scripts))).toHaveLength(2);
  });
});

describe.each(documents.map((document) => [document.path, document] as const))('%s', (_, document) => {
  it('links only to what is there', () => {
    expect(brokenLinks(document)).toEqual([]);
  });

  it('names only paths that are there', () => {
    expect(missingPaths(document)).toEqual([]);
  });

  it('tells to type only commands that are there', () => {
    expect(unknownCommands(document, program, Object.keys(scripts))).toEqual([]);
  });
});
