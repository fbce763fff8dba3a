/**
 * Rows of one kind in memory: O(1) by id and by declared index, every change announced once (persistence listens),
 * and the JSON of a row kept until the row changes.
 *
 * The kept JSON matters: pollers list thousands of unchanged objects, and serialising them again would cost more than
 * everything else the simulator does. The discipline is therefore: after changing a row's fields, call `put(row)`.
 */

export interface Row {
  readonly id: string;
}

type Change<R> = (id: string, row: R | undefined) => void;

interface Index<R> {
  readonly keyOf: (row: R) => string;
  readonly rows: Map<string, Set<R>>;
  readonly keyById: Map<string, string>;
}

export class Table<R extends Row> {
  readonly name: string;
  readonly #rows = new Map<string, R>();
  readonly #indexes = new Map<string, Index<R>>();
  readonly #json = new Map<string, Map<string, string>>();
  #announce: Change<R> = () => undefined;

  /** `indexes` maps an index name to the function that gives a row's key in it. */
  constructor(name: string, indexes: Readonly<Record<string, (row: R) => string>> = {}) {
    this.name = name;
    for (const [index, keyOf] of Object.entries(indexes)) {
      this.#indexes.set(index, { keyOf, rows: new Map(), keyById: new Map() });
    }
  }

  onChange(announce: Change<R>): void {
    this.#announce = announce;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(id: string): R | undefined {
    return this.#rows.get(id);
  }

  values(): IterableIterator<R> {
    return this.#rows.values();
  }

  by(index: string, key: string): ReadonlySet<R> {
    const found = this.#indexes.get(index);
    if (found === undefined) throw new Error(`table ${this.name} has no index ${index}`);
    return found.rows.get(key) ?? none;
  }

  /** Stores a new row or announces that a stored one has changed. */
  put(row: R): void {
    this.restore(row);
    this.#json.delete(row.id);
    this.#announce(row.id, row);
  }

  /** Stores without announcing: for loading what is already on disk. */
  restore(row: R): void {
    this.#unindex(row.id);
    this.#rows.set(row.id, row);
    for (const index of this.#indexes.values()) addToIndex(index, row);
  }

  remove(id: string): void {
    if (!this.#rows.has(id)) return;
    this.#unindex(id);
    this.#rows.delete(id);
    this.#json.delete(id);
    this.#announce(id, undefined);
  }

  /** Removes all rows; announced one by one only when asked for, as a reset is persisted as a whole. */
  clear(): void {
    this.#rows.clear();
    this.#json.clear();
    for (const index of this.#indexes.values()) {
      index.rows.clear();
      index.keyById.clear();
    }
  }

  /** The JSON text of one view of a row; `variant` names the view (microversion, admin or not). */
  json(row: R, variant: string, view: (row: R) => unknown): string {
    let variants = this.#json.get(row.id);
    if (variants === undefined) {
      variants = new Map();
      this.#json.set(row.id, variants);
    }
    let text = variants.get(variant);
    if (text === undefined) {
      text = JSON.stringify(view(row));
      variants.set(variant, text);
    }
    return text;
  }

  #unindex(id: string): void {
    const old = this.#rows.get(id);
    if (old === undefined) return;
    for (const index of this.#indexes.values()) removeFromIndex(index, old);
  }
}

const none: ReadonlySet<never> = new Set<never>();

function addToIndex<R extends Row>(index: Index<R>, row: R): void {
  const key = index.keyOf(row);
  const rows = index.rows.get(key);
  if (rows === undefined) index.rows.set(key, new Set([row]));
  else rows.add(row);
  index.keyById.set(row.id, key);
}

// The key under which the row was stored is remembered, because the row itself may have changed since.
function removeFromIndex<R extends Row>(index: Index<R>, row: R): void {
  const key = index.keyById.get(row.id);
  if (key === undefined) return;
  const rows = index.rows.get(key);
  rows?.delete(row);
  if (rows?.size === 0) index.rows.delete(key);
  index.keyById.delete(row.id);
}
