/**
 * The house checks itself: walls between rooms, names, module comments, and what a durable workflow may do.
 * Sizes and purity are the linter's (.oxlintrc.json).
 */
import { describe, expect, it } from 'vitest';

import { readSourceFiles, sourceFile } from './architecture/source-files.ts';
import { dottedName, walk } from './architecture/syntax.ts';
import type { SyntaxNode } from './architecture/syntax.ts';
import { ROOMS, roomOf, wallViolations } from './architecture/walls.ts';
import { workflowViolations } from './architecture/workflow-rules.ts';

const files = readSourceFiles();
const paths = new Set(files.map((file) => file.path));

describe('the check itself', () => {
  it('sees every file that another one imports', () => {
    expect(paths).toContain('tests/architecture.test.ts');
    expect(files.filter((file) => file.path.startsWith('src/')).length).toBeGreaterThan(100);
    const imported = files.flatMap((file) => file.imports.flatMap(({ target }) => target ?? []));
    expect(imported.filter((target) => target.endsWith('.ts') && !paths.has(target))).toEqual([]);
    expect(imported.length).toBeGreaterThan(files.length);
  });

  it('notices an import through a wall, however it is written', () => {
    const inDomain = (text: string): number => wallViolations(sourceFile('src/domain/x.ts', text)).length;
    expect(inDomain(`import { a } from './y.ts'; import ip from 'ipaddr.js';`)).toBe(0);
    expect(inDomain(`import type { A } from '../ports/store.ts';`)).toBe(1);
    expect(inDomain(`export * from '../store/database.ts';`)).toBe(1);
    expect(inDomain(`type A = import('../store/database.ts').Database;`)).toBe(1);
    expect(inDomain(`await import('../store/database.ts'); await import(name);`)).toBe(2);
    expect(inDomain(`import 'node:fs/promises'; import pg from 'pg'; require('pg');`)).toBe(3);
  });

  it('keeps providers, doors and simulators apart from what they must not know', () => {
    const breaches = (path: string, text: string): number => wallViolations(sourceFile(path, text)).length;
    expect(breaches('src/providers/a/x.ts', `import '../b/y.ts';`)).toBe(1);
    expect(breaches('src/doors/cli/x.ts', `import '../../domain/plan.ts';`)).toBe(1);
    expect(breaches('src/doors/http/x.ts', `import '../../store/database.ts';`)).toBe(1);
    expect(breaches('simulators/a/x.ts', `import '../../src/domain/plan.ts';`)).toBe(1);
    expect(breaches('src/main/x.ts', `import '../doors/http/door.ts'; import process from 'node:process';`)).toBe(0);
    expect(breaches('src/store/x.ts', `import process from 'node:process';`)).toBe(1);
    expect(breaches('src/app/x.ts', `import './testing/y.ts'; import '../../tests/database.ts';`)).toBe(2);
    expect(breaches('src/attic/x.ts', '')).toBe(1);
  });
});

describe('the house', () => {
  it('has a room for every source file and no wall that an import goes through', () => {
    expect(files.flatMap(wallViolations)).toEqual([]);
  });

  it('has a row only for rooms that a file could be in', () => {
    expect(ROOMS.filter(({ folder }) => roomOf(`${folder.replace('*', 'x')}/file.ts`)?.room.folder !== folder)).toEqual(
      [],
    );
  });

  it('names files and folders in kebab-case', () => {
    const isKebab = (part: string): boolean => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(part);
    const stem = (path: string): string => path.replace(/(\.(db|sim|e2e|real))?(\.test)?(\.d)?\.tsx?$/, '');
    expect([...paths].filter((path) => !stem(path).split('/').every(isKebab))).toEqual([]);
  });

  it('gives no file or folder a name that says nothing', () => {
    const empty = ['util', 'utils', 'helper', 'helpers', 'common', 'manager', 'misc', 'base', 'shared', 'stuff'];
    const words = (path: string): readonly string[] => path.replace(/\.[^/]*$/, '').split(/[/-]/);
    expect([...paths].filter((path) => words(path).some((word) => empty.includes(word)))).toEqual([]);
  });

  it('starts every file of the product with a comment that says why it exists', () => {
    const product = files.filter((file) => !file.isTest && /^(src|simulators|web|bench)\//.test(file.path));
    expect(product.filter((file) => !/^(#!.*\n)?\/\*\*/.test(file.text)).map((file) => file.path)).toEqual([]);
  });

  it('joins no timeout signal with another one: Node 20 may lose it (use openDeadline of src/runs/deadline.ts)', () => {
    const calls = (program: SyntaxNode, name: string): boolean =>
      [...walk(program)].some((node) => node.type === 'CallExpression' && dottedName(node['callee']) === name);
    const product = files.filter((file) => !file.isTest && file.path.startsWith('src/'));
    const both = product.filter(
      ({ program }) => calls(program, 'AbortSignal.any') && calls(program, 'AbortSignal.timeout'),
    );
    expect(both.map(({ path }) => path)).toEqual([]);
  });

  it('waits in tests for a condition with a deadline (vi.waitFor, expect.poll), never for a length of time', () => {
    const tests = files.filter((file) => /\.test\.tsx?$/.test(file.path));
    expect(tests.filter(({ program }) => [...walk(program)].some(isSleep)).map(({ path }) => path)).toEqual([]);
  });
});

/** `sleep(...)`, `delay(...)`, the timer module, or a promise that only a timer resolves. */
function isSleep(node: SyntaxNode): boolean {
  if (node.type === 'ImportDeclaration') return JSON.stringify(node['source']).includes('timers/promises');
  if (node.type === 'NewExpression' && dottedName(node['callee']) === 'Promise') {
    const body = JSON.stringify(node['arguments']);
    return (
      /"name":"setTimeout"/.test(body) && [...walk(node)].filter((inner) => inner.type === 'CallExpression').length <= 2
    );
  }
  return node.type === 'CallExpression' && ['sleep', 'delay'].includes(dottedName(node['callee']) ?? '');
}

describe('a durable workflow', () => {
  const violations = (body: string): readonly string[] => {
    const path = 'src/runs/x-workflow.ts';
    return workflowViolations(path, sourceFile(path, `async function workflow(scope) { ${body} }`).program);
  };

  it('keeps to steps, graphs and plain Promise.all', () => {
    const workflows = files.filter((file) => /^src\/runs\/.*-workflow\.ts$/.test(file.path));
    expect(workflows.length).toBeGreaterThan(0);
    expect(workflows.flatMap((file) => workflowViolations(file.path, file.program))).toEqual([]);
  });

  it.each([
    `const a = await scope.step('a', async () => { await Promise.race([x(), y()]); return Date.now(); });`,
    `await scope.graph(nodes, (key) => run(key)); if (a.Date) { await scope.step('b', deed); }`,
    `await Promise.all([scope.step('a', f), scope.step('b', g)]);`,
    `await Promise.all(items.map((item) => scope.step(item, f)));`,
  ])('may do this: %s', (body) => {
    expect(violations(body)).toEqual([]);
  });

  it.each([
    `await Promise.race([scope.step('a', f), scope.step('b', g)]);`,
    `await Promise.any([scope.step('a', f)]);`,
    `await Promise.allSettled([scope.step('a', f)]);`,
    `await scope.step('a', f).then(g);`,
    `await scope.step('a', f).catch(g);`,
    `const p = scope.step('a', f); await p;`,
    `scope.graph(nodes, f);`,
    `const p = Promise.all([scope.step('a', f)]); await p;`,
    `await Promise.all(items.map(async (item) => { await scope.step(item, f); await scope.step(item, g); }));`,
    `async function branch() { await scope.step('a', f); } await Promise.all([branch(), branch()]);`,
    `const branch = async () => { await scope.step('a', f); }; const p = branch(); await p;`,
    `if (Math.random() > 0.5) await scope.step('a', f);`,
    `await scope.step(String(Date.now()), f);`,
    `const at = new Date();`,
    `setTimeout(f, 1);`,
    `await fetch(url);`,
  ])('must not do this: %s', (body) => {
    expect(violations(body)).not.toEqual([]);
  });
});
