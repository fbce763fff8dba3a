/**
 * Finds the handler of a method and path in time proportional to the number of path segments.
 *
 * Paths are written as in the API references, `/servers/{id}/action`; a literal segment wins over a parameter.
 */
import type { Answer, Call } from './wire.ts';

export type Handler = (call: Call) => Answer;

interface Node {
  readonly literal: Map<string, Node>;
  /** Several names: routes that share a prefix may call the same segment differently. */
  parameter: { readonly names: Set<string>; readonly node: Node } | undefined;
  readonly handlers: Map<string, Handler>;
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
    for (const segment of segmentsOf(path)) node = childFor(node, segment);
    node.handlers.set(method, handler);
    return this;
  }

  /** Undefined when no route has this path; a match without handler when the path exists but not for this method. */
  find(method: string, path: string): Match | undefined {
    const params: Record<string, string> = {};
    let node: Node = this.#root;
    for (const segment of segmentsOf(path)) {
      const literal = node.literal.get(segment);
      if (literal !== undefined) {
        node = literal;
        continue;
      }
      if (node.parameter === undefined) return undefined;
      for (const name of node.parameter.names) params[name] = decode(segment);
      node = node.parameter.node;
    }
    if (node.handlers.size === 0) return undefined;
    return { handler: node.handlers.get(method), params, methods: [...node.handlers.keys()] };
  }
}

function newNode(): Node {
  return { literal: new Map(), parameter: undefined, handlers: new Map() };
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

function childFor(node: Node, segment: string): Node {
  if (segment.startsWith('{')) {
    node.parameter ??= { names: new Set(), node: newNode() };
    node.parameter.names.add(segment.slice(1, -1));
    return node.parameter.node;
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
