/**
 * Keeps the cloud over a kill -9: a journal of row changes, read back at the start.
 *
 * One file of JSON lines, `["table", {row}]` for a stored row and `["table", "id"]` for a removed one. Changes are
 * gathered while handlers run and written in one go before any of their answers is sent, so an answered create is in
 * the file. The operating system keeps written pages when the process dies; surviving a power cut is not promised,
 * and so nothing is synced. A torn last line, the mark of a kill in the middle of a write, was never answered for and
 * is dropped. The journal is rewritten (temporary file, then rename) at each start and when it has grown far beyond
 * what it describes.
 */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { tablesOf, type State } from './state.ts';

export interface Persistence {
  /** True when changes wait to be written. */
  readonly dirty: boolean;
  /** Writes all waiting changes; throws when the disk refuses. */
  flush(): void;
  /** Rewrites the file from the tables as they are. */
  compact(): void;
  close(): void;
}

/** Used when nothing is to be kept. */
export const noPersistence: Persistence = {
  dirty: false,
  flush: () => undefined,
  compact: () => undefined,
  close: () => undefined,
};

/** Loads what the file holds into the empty tables of `state` and from then on records every change. */
export function openPersistence(file: string, state: State): Persistence {
  mkdirSync(dirname(file), { recursive: true });
  load(file, state);
  return new Journal(file, state);
}

function load(file: string, state: State): void {
  if (!existsSync(file)) return;
  const tables = new Map(tablesOf(state).map((table) => [table.name, table]));
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const entry = parseLine(line);
    if (entry === undefined) continue;
    const [name, value] = entry;
    const table = tables.get(name);
    if (typeof value === 'string') table?.remove(value);
    else table?.restore(value);
  }
}

function parseLine(line: string): [string, string | { id: string }] | undefined {
  if (line === '') return undefined;
  try {
    return JSON.parse(line) as [string, string | { id: string }]; // written by this file only
  } catch {
    return undefined; // the torn last line
  }
}

class Journal implements Persistence {
  readonly #file: string;
  readonly #state: State;
  readonly #changes = new Map<string, readonly [table: string, id: string, row: object | undefined]>();
  #descriptor = -1;
  #written = 0;
  #compacted = 0;

  constructor(file: string, state: State) {
    this.#file = file;
    this.#state = state;
    for (const table of tablesOf(state)) {
      table.onChange((id, row) => this.#changes.set(`${table.name}/${id}`, [table.name, id, row]));
    }
    this.compact();
  }

  get dirty(): boolean {
    return this.#changes.size > 0;
  }

  flush(): void {
    if (this.#changes.size === 0) return;
    let text = '';
    for (const [table, id, row] of this.#changes.values()) text += lineOf(table, row ?? id);
    this.#changes.clear();
    this.#written += writeAll(this.#descriptor, text);
    if (this.#written > Math.max(32_000_000, 4 * this.#compacted)) this.compact();
  }

  compact(): void {
    const temporary = `${this.#file}.new`;
    const descriptor = openSync(temporary, 'w', 0o600);
    let size = 0;
    for (const table of tablesOf(this.#state)) {
      for (const row of table.values()) size += writeAll(descriptor, lineOf(table.name, row));
    }
    renameSync(temporary, this.#file);
    if (this.#descriptor >= 0) closeSync(this.#descriptor);
    this.#descriptor = descriptor;
    this.#changes.clear();
    this.#written = size;
    this.#compacted = size;
  }

  close(): void {
    this.flush();
    closeSync(this.#descriptor);
    this.#descriptor = -1;
  }
}

function lineOf(table: string, value: object | string): string {
  return `${JSON.stringify([table, value])}\n`;
}

function writeAll(descriptor: number, text: string): number {
  const bytes = Buffer.from(text);
  let done = 0;
  while (done < bytes.length) done += writeSync(descriptor, bytes, done);
  return bytes.length;
}
