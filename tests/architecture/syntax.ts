/**
 * Just enough of a syntax tree to check house rules: nodes by kind, with a way to walk them. TypeScript 7 has no
 * compiler API in JavaScript, so files are parsed by oxc-parser into an ESTree.
 */
import { parseSync } from 'oxc-parser';

/** An ESTree node. Which further fields it has depends on `type`; see https://github.com/estree/estree. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly [field: string]: unknown;
}

/** @throws Error naming the file when it does not parse. */
export function parse(path: string, text: string): SyntaxNode {
  const { program, errors } = parseSync(path, text);
  if (errors[0] !== undefined) throw new Error(`${path} does not parse: ${errors[0].message}`);
  return program as unknown as SyntaxNode; // oxc's own types name every field of every node; the rules need few
}

/** The node and everything under it, in source order, except what is under nodes for which `enter` is false. */
export function* walk(node: SyntaxNode, enter: (node: SyntaxNode) => boolean = () => true): Generator<SyntaxNode> {
  yield node;
  if (!enter(node)) return;
  for (const child of childrenOf(node)) yield* walk(child, enter);
}

/** The nodes directly under `node`. */
export function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  return Object.values(node).flat().filter(isNode);
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** `name` of an identifier, `a.b` of a member access between identifiers, else undefined. */
export function dottedName(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'Identifier') return String(node['name']);
  if (node.type !== 'MemberExpression' || node['computed'] === true) return undefined;
  const [object, property] = [dottedName(node['object']), dottedName(node['property'])];
  return object === undefined || property === undefined ? undefined : `${object}.${property}`;
}

/** The module named by an import, a re-export, an import type or `require`; null when it is computed. */
export function importedModule(node: SyntaxNode): string | null | undefined {
  const source = node['source'];
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return isNode(source) ? literal(source) : undefined;
    case 'CallExpression':
      return dottedName(node['callee']) === 'require' ? literal((node['arguments'] as SyntaxNode[])[0]) : undefined;
    default:
      return undefined;
  }
}

function literal(node: SyntaxNode | undefined): string | null {
  return node?.type === 'Literal' && typeof node['value'] === 'string' ? node['value'] : null;
}
