/**
 * Requests and templates from files: YAML or JSON, one map. The file still knows where everything stands, so that a
 * fault which the server finds is shown at its line.
 */

import { LineCounter, isMap, isPair, isScalar, parseDocument } from 'yaml';
import type { Document } from 'yaml';

import type { CliIo } from './cli-io.ts';
import { EXIT, ExitWith } from './exit.ts';

export interface RequestFile {
  readonly body: Readonly<Record<string, unknown>>;
  /** `file:line:column` of an RFC 6901 JSON pointer into the body; undefined when nothing stands there. */
  locate(pointer: string): string | undefined;
}

/** Reads a file, or standard input for `-`. @throws ExitWith (usage) when it cannot be read or is no map */
export async function readRequestFile(io: CliIo, path: string): Promise<RequestFile> {
  return parseRequestFile(path === '-' ? 'standard input' : path, await readText(io, path));
}

async function readText(io: CliIo, path: string): Promise<string> {
  if (path === '-') return io.readStdin();
  try {
    return await io.readFile(path);
  } catch (error) {
    const { code } = error as { code?: string }; // node:fs throws errors with a code
    const reason = code === 'ENOENT' ? 'it does not exist' : (code ?? 'unknown reason');
    throw new ExitWith(EXIT.usage, `Cannot read ${path}: ${reason}`);
  }
}

/** @throws ExitWith (usage) */
export function parseRequestFile(name: string, text: string): RequestFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const [fault] = document.errors;
  if (fault) {
    const sentence = fault.message.split(/ at line \d+|\n/)[0] ?? fault.message;
    throw new ExitWith(EXIT.usage, `${place(fault.pos[0])}: this is not valid YAML: ${sentence}`);
  }
  const body: unknown = document.toJS();
  if (!isMap(document.contents)) throw new ExitWith(EXIT.usage, `${name}: this must be a map of fields`);
  return {
    body: body as Record<string, unknown>, // its root is a map
    locate: (pointer) => {
      const offset = pointer.startsWith('/') ? offsetOf(document, pointer) : undefined;
      return offset === undefined ? undefined : place(offset);
    },
  };
}

/** The place of a key, or of an item of a list. */
function offsetOf(document: Document, pointer: string): number | undefined {
  const path = pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const name = path.at(-1);
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const pair = isMap(parent)
    ? parent.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === name)
    : undefined;
  const node = pair ? pair.key : document.getIn(path, true);
  return (node as { range?: readonly number[] | null } | undefined)?.range?.[0]; // every parsed node has a range
}
