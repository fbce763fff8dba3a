/**
 * The crash matrix: what every case came to, as a table, and what a failed one needs to be run alone.
 */

import { type CrashCase, type Outcome, titleOf } from './crash-case.ts';

interface Cell {
  cases: number;
  missed: number;
  orphans: number;
  duplicates: number;
  wrong: number;
  failed: number;
  longestMs: number;
}

const EMPTY: Cell = { cases: 0, missed: 0, orphans: 0, duplicates: 0, wrong: 0, failed: 0, longestMs: 0 };
const HEAD = [
  'scenario',
  'interrupted how',
  'cases',
  'missed',
  'orphans',
  'duplicates',
  'wrong ends',
  'longest recovery',
];

export class Matrix {
  readonly #cells = new Map<string, Cell>();

  /** @returns what is wrong with this outcome, ready to be shown; undefined when it is as it should be */
  add(row: Pick<CrashCase, 'scenario' | 'kind'>, outcome: Outcome): string | undefined {
    const key = `${row.scenario.name}\t${row.kind}`;
    const cell = this.#cells.get(key) ?? { ...EMPTY };
    this.#cells.set(key, cell);
    const { orphans, duplicates, wrong, recoveryMs } = outcome;
    cell.cases += 1;
    cell.missed += recoveryMs === undefined ? 1 : 0;
    cell.orphans += orphans.length;
    cell.duplicates += duplicates.length;
    cell.wrong += wrong.length > 0 ? 1 : 0;
    cell.longestMs = Math.max(cell.longestMs, recoveryMs ?? 0);
    const faults = [
      ...orphans.map((what) => `orphan: ${what}`),
      ...duplicates.map((what) => `duplicate: ${what}`),
      ...wrong,
    ];
    if (faults.length === 0) return undefined;
    cell.failed += 1;
    return faults.join('\n  ');
  }

  /** Cases whose instant never came, of all. */
  get missed(): { missed: number; cases: number } {
    const cells = [...this.#cells.values()];
    return {
      missed: cells.reduce((sum, cell) => sum + cell.missed, 0),
      cases: cells.reduce((sum, cell) => sum + cell.cases, 0),
    };
  }

  toString(): string {
    const rows = [...this.#cells].map(([key, cell]) => [
      ...key.split('\t'),
      ...[cell.cases, cell.missed, cell.orphans, cell.duplicates, cell.wrong].map(String),
      cell.longestMs > 0 ? `${(cell.longestMs / 1000).toFixed(1)} s` : '-',
    ]);
    return tableOf([HEAD, ...rows, totalOf([...this.#cells.values()])]);
  }
}

function totalOf(cells: readonly Cell[]): string[] {
  const sum = (of: (cell: Cell) => number): string => String(cells.reduce((total, cell) => total + of(cell), 0));
  return [
    'total',
    '',
    sum((cell) => cell.cases),
    sum((cell) => cell.missed),
    sum((cell) => cell.orphans),
    sum((cell) => cell.duplicates),
    sum((cell) => cell.wrong),
    `${(Math.max(0, ...cells.map((cell) => cell.longestMs)) / 1000).toFixed(1)} s`,
  ];
}

function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((text, column) => (column < 2 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)))
      .join('  ');
  const [head = [], ...rest] = rows;
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rest.map(line)].join('\n');
}

/** How one case is run alone. */
export function howToRepeat(crash: Pick<CrashCase, 'scenario' | 'kind' | 'at'>): string {
  return `CRASH_ONLY='${titleOf(crash)}' npm run test:crash`;
}
