/**
 * A YAML text that still knows where everything stands, so that a complaint can name line and column.
 */

import { LineCounter, isMap, isPair, isScalar, parseDocument } from 'yaml';
import type { Document } from 'yaml';

import type { ConfigFault } from './config-error.ts';

export type Path = readonly (string | number)[];

export interface YamlSource {
  /** Plain data; an empty file is an empty map. Undefined when the text is not YAML. */
  readonly value: unknown;
  /** Syntax faults, repeated keys included. */
  readonly faults: readonly ConfigFault[];
  /** `file:line:column` of what stands at a path, or of the nearest thing around it. */
  locate(path: Path): string;
}

/** Parses a file. `name` is how complaints call it, usually its path as the user gave it. */
export function readYaml(name: string, text: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  const faults = document.errors.map((error) => ({
    where: place(error.pos[0]),
    key: '',
    detail: `This is not valid YAML: ${firstSentence(error.message)}.`,
    remedy: 'Correct the syntax; YAML indents with spaces and gives every key once.',
  }));
  return {
    value: faults.length > 0 ? undefined : (document.toJS() ?? {}),
    faults,
    locate: (path) => place(offsetOf(document, path)),
  };
}

/** The library repeats the place and shows the source; we keep its sentence only. */
function firstSentence(message: string): string {
  return (message.split(/ at line \d+|\n/)[0] ?? message).replace(/[.:]$/, '');
}

/** A value's place is that of its key when it has one: that is where the eye looks. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const name = path[length - 1];
    const pair = isMap(parent) ? parent.items.find((item) => keyOf(item) === name) : undefined;
    if (pair) return rangeStart(pair.key);
    const item = document.getIn(path.slice(0, length), true);
    if (item !== undefined) return rangeStart(item);
  }
  return rangeStart(document.contents);
}

function keyOf(item: unknown): unknown {
  if (!isPair(item)) return undefined;
  const { key } = item;
  return isScalar(key) ? key.value : key;
}

function rangeStart(node: unknown): number {
  const range = (node as { range?: readonly number[] | null } | null)?.range; // every parsed node has one
  return range?.[0] ?? 0;
}
