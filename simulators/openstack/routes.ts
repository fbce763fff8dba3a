/**
 * Finds the handler of a method and path in time proportional to the number of path segments.
 *
 * Paths are written as in the API references, `/servers/{id}/action`; a literal segment wins over a parameter.
 */
import type { Answer, Call } from './wire.ts';

export type Handler = (call: Call) => Answer;

interface Node {
  readonly literal: Map<string, Node>;
  /** Routes may name the same segment differently; each remembers its own names. */
  parameter: Node | undefined;
  readonly handlers: Map<string, { readonly handler: Handler; readonly names: readonly string[] }>;
}

export interface Match {
  readonly handler: Handler | undefined;
  readonly params: Record<string, string>;
  /** Methods the path knows, for 405. */
  readonly methods: readonly string[];
}

export class Routes {
  readonly #root = newNode();

  add(method: string, path: string, handler: Handler): this {
    let node = this.#root;
    const segments = segmentsOf(path);
    for (const segment of segments) node = childFor(node, segment);
    const names = segments.filter(isParameter).map((segment) => segment.slice(1, -1));
    node.handlers.set(method, { handler, names });
    return this;
  }

  /** Undefined when no route has this path; a match without handler when the path exists but not for this method. */
  find(method: string, path: string): Match | undefined {
    const values: string[] = [];
    let node: Node = this.#root;
    for (const segment of segmentsOf(path)) {
      const literal = node.literal.get(segment);
      if (literal !== undefined) {
        node = literal;
        continue;
      }
      if (node.parameter === undefined) return undefined;
      values.push(decode(segment));
      node = node.parameter;
    }
    if (node.handlers.size === 0) return undefined;
    const route = node.handlers.get(method);
    const params = Object.fromEntries((route?.names ?? []).map((name, at) => [name, values[at] ?? '']));
    return { handler: route?.handler, params, methods: [...node.handlers.keys()] };
  }
}

function newNode(): Node {
  return { literal: new Map(), parameter: undefined, handlers: new Map() };
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

function isParameter(segment: string): boolean {
  return segment.startsWith('{');
}

function childFor(node: Node, segment: string): Node {
  if (isParameter(segment)) {
    node.parameter ??= newNode();
    return node.parameter;
  }
  let child = node.literal.get(segment);
  if (child === undefined) {
    child = newNode();
    node.literal.set(segment, child);
  }
  return child;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // a malformed escape is taken literally; the look-up then finds nothing
  }
}
