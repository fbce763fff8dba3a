/**
 * Tables that fit the terminal: columns are as wide as their content; where that is too much, columns that may shrink
 * are cut, and columns that may go are left out from the right.
 */

import { fit, pad, plain, widthOf } from './terminal-text.ts';
import type { Paint } from './terminal-text.ts';

export interface Column<Row> {
  readonly head: string;
  readonly value: (row: Row) => string;
  /** May be cut, down to 10 cells. */
  readonly shrinks?: boolean;
  /** May be left out. */
  readonly optional?: boolean;
  readonly align?: 'start' | 'end';
  readonly color?: (row: Row, text: string, paint: Paint) => string;
}

export interface TableOptions {
  /** Cells of a line. */
  readonly columns: number;
  readonly paint: Paint;
  /** Spaces before each line. */
  readonly indent?: number;
}

const GAP = 2;
const LEAST = 10;

/** The table's lines, its head first. */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  options: TableOptions,
): string[] {
  const indent = options.indent ?? 0;
  const chosen = fitColumns(measure(rows, columns), options.columns - indent);
  const last = chosen.length - 1;
  const line = (cells: readonly string[]): string => `${' '.repeat(indent)}${cells.join(' '.repeat(GAP))}`.trimEnd();
  const head = chosen.map(({ column, width }) => cell(column.head, width, column.align));
  const body = rows.map((row) =>
    chosen.map(({ column, width }, index) => {
      const text = cell(plain(column.value(row)), width, column.align);
      const shown = index === last ? text.trimEnd() : text;
      return column.color ? column.color(row, shown, options.paint) : shown;
    }),
  );
  return [options.paint('dim', line(head)), ...body.map(line)];
}

interface Measured<Row> {
  readonly column: Column<Row>;
  readonly width: number;
}

function measure<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): Measured<Row>[] {
  return columns.map((column) => {
    const widths = rows.map((row) => widthOf(plain(column.value(row))));
    return { column, width: Math.max(widthOf(column.head), ...widths) };
  });
}

function fitColumns<Row>(columns: readonly Measured<Row>[], available: number): Measured<Row>[] {
  const total = columns.reduce((sum, { width }) => sum + width, 0) + GAP * (columns.length - 1);
  const excess = total - available;
  if (excess <= 0) return [...columns];
  const spare = columns.map(({ column, width }) => (column.shrinks ? Math.max(0, width - LEAST) : 0));
  const room = spare.reduce((sum, cells) => sum + cells, 0);
  const optional = columns.findLastIndex(({ column }) => column.optional);
  if (room < excess && optional >= 0) return fitColumns(columns.toSpliced(optional, 1), available);
  // Each gives in proportion to what it can spare; rounding up may leave a cell or two unused.
  const share = room === 0 ? 0 : Math.min(1, excess / room);
  return columns.map(({ column, width }, index) => ({ column, width: width - Math.ceil((spare[index] ?? 0) * share) }));
}

function cell(text: string, width: number, align: 'start' | 'end' | undefined): string {
  return align === 'end' ? pad(fit(text, width).trimEnd(), width, 'start') : fit(text, width);
}
