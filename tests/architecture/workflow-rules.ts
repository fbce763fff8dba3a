/**
 * What a durable workflow may not do. After a crash the engine calls the workflow function again and feeds it the
 * remembered result of each step *by the order of the calls*. Anything that can change that order (racing branches,
 * clocks, chance) makes a replayed run take another run's result for its own, silently.
 *
 * So in files named `*-workflow.ts` the only concurrency is `scope.graph(...)` and `Promise.all` over plain
 * `scope.step(...)` calls. What happens inside a step's own function is free, and is not looked at.
 */
import { childrenOf, dottedName, isNode } from './syntax.ts';
import type { SyntaxNode } from './syntax.ts';

const UNSTABLE = new Set(
  'Date Math.random setTimeout setInterval setImmediate queueMicrotask performance crypto process fetch'.split(' '),
);
const RACING = new Set(['Promise.race', 'Promise.any', 'Promise.allSettled']);
const CHAINING = new Set(['then', 'catch', 'finally']);

const REMEDY = {
  unstable: 'gives another value on replay: do it in a step and use the result.',
  racing: 'depends on who is faster: use scope.graph, which waits for predecessors.',
  chaining: 'starts a branch of its own: await the call instead.',
  floating: 'must be awaited where it is made: write `await`, or put it directly into `await Promise.all([...])`.',
  branching: 'may hold plain scope.step calls only: branches of several steps belong into scope.graph.',
};

/** A sentence for every breach in one workflow file. */
export function workflowViolations(path: string, program: SyntaxNode): readonly string[] {
  const asyncNames = new Set([...declaredAsync(program)]);
  const check = (node: SyntaxNode, parents: readonly SyntaxNode[]): readonly string[] => {
    const own = complaints(node, parents, asyncNames).map((complaint) => `${path}: ${complaint}`);
    const below = isStep(node) ? stepArgumentsToCheck(node) : childrenOf(node);
    return [...own, ...below.flatMap((child) => check(child, [...parents, node]))];
  };
  return check(program, []);
}

/** The last argument of a step is its deed, which runs once and is remembered: free to do anything. */
function stepArgumentsToCheck(call: SyntaxNode): readonly SyntaxNode[] {
  return (call['arguments'] as readonly SyntaxNode[]).slice(0, -1);
}

function complaints(node: SyntaxNode, parents: readonly SyntaxNode[], asyncNames: ReadonlySet<string>): string[] {
  const name = dottedName(node) ?? '';
  if (UNSTABLE.has(name) && !isFieldName(node, parents)) return [`${name} ${REMEDY.unstable}`];
  if (RACING.has(name)) return [`${name} ${REMEDY.racing}`];
  return node.type === 'CallExpression' ? callComplaints(node, parents, asyncNames) : [];
}

function callComplaints(call: SyntaxNode, parents: readonly SyntaxNode[], asyncNames: ReadonlySet<string>): string[] {
  const chained = propertyName(call['callee']) ?? '';
  if (CHAINING.has(chained)) return [`.${chained}() ${REMEDY.chaining}`];
  const called = dottedName(call['callee']) ?? '';
  if (called === 'Promise.all') return [...branchComplaints(call), ...floatingComplaint(called, parents)];
  return isStep(call) || asyncNames.has(called) ? [...floatingComplaint(called, parents)] : [];
}

/** `x.Date` and `{ Date: 1 }` name a field, not the global. */
function isFieldName(node: SyntaxNode, parents: readonly SyntaxNode[]): boolean {
  const parent = parents.at(-1);
  if (parent?.type === 'MemberExpression') return parent['property'] === node && parent['computed'] !== true;
  return parent?.type === 'Property' && parent['key'] === node && parent['shorthand'] !== true;
}

function floatingComplaint(called: string, parents: readonly SyntaxNode[]): readonly string[] {
  const parent = parents.at(-1);
  const isHandedOn = parent?.type === 'ReturnStatement' || parent?.type === 'ArrowFunctionExpression';
  if (parent?.type === 'AwaitExpression' || (isHandedOn && called !== 'Promise.all')) return [];
  if (parents.some((node) => dottedName(node['callee']) === 'Promise.all')) return [];
  return [`${called}(...) ${REMEDY.floating}`];
}

/** `Promise.all([step, step])` or `Promise.all(items.map((item) => step))`, nothing else. */
function branchComplaints(call: SyntaxNode): readonly string[] {
  const argument = (call['arguments'] as readonly SyntaxNode[])[0];
  const branches = argument === undefined ? [] : branchesOf(argument);
  return branches.every(isStep) && branches.length > 0 ? [] : [`Promise.all ${REMEDY.branching}`];
}

function branchesOf(argument: SyntaxNode): readonly SyntaxNode[] {
  if (argument.type === 'ArrayExpression') return childrenOf(argument);
  if (argument.type !== 'CallExpression' || propertyName(argument['callee']) !== 'map') return [argument];
  const each = (argument['arguments'] as readonly SyntaxNode[])[0];
  const isPlain = each?.type === 'ArrowFunctionExpression' && each['async'] !== true && isNode(each['body']);
  return isPlain ? [each['body'] as SyntaxNode] : [argument];
}

function isStep(node: SyntaxNode): boolean {
  return node.type === 'CallExpression' && ['step', 'graph'].includes(propertyName(node['callee']) ?? '');
}

function propertyName(callee: unknown): string | undefined {
  return isNode(callee) && callee.type === 'MemberExpression' ? dottedName(callee['property']) : undefined;
}

/** Names of async functions declared in the file: calling one without `await` starts a branch. */
function* declaredAsync(node: SyntaxNode): Generator<string> {
  const value = node.type === 'VariableDeclarator' ? node['init'] : node;
  if (isNode(value) && value['async'] === true) {
    const name = dottedName(node['id']);
    if (name !== undefined) yield name;
  }
  for (const child of childrenOf(node)) yield* declaredAsync(child);
}
