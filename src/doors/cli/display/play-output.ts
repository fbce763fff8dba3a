/**
 * What a play printed and how it ended, host by host.
 */

import type { DeploymentEvent } from '../../../contract/event.ts';
import { renderTable } from './render-table.ts';
import type { Column, TableOptions } from './render-table.ts';
import { countOf } from './resource-words.ts';
import { plain, printable, wrap } from './terminal-text.ts';

type Counts = Readonly<Record<string, number>>;

/** The lines of an event of the type `play.output`, as they may be written to a terminal. */
export function outputLines({ data }: Pick<DeploymentEvent, 'data'>): string[] {
  const { lines } = data;
  if (!Array.isArray(lines)) return [];
  return lines.map((line) => printable(String((line as { text?: unknown }).text ?? '')));
}

/** The end of a play in one line. */
export function recapWords({ data }: Pick<DeploymentEvent, 'data'>): string {
  const rows = recapRows(data['recap']);
  const bad = rows.filter(([, counts]) => hasTrouble(counts)).length;
  const hosts = `${countOf(rows.length, 'host')}${bad === 0 ? '' : `, ${bad} with failures`}`;
  return `play of ${String(data['playbook'])} ended with ${String(data['exit_code'])}: ${hosts}`;
}

const COUNTED = ['ok', 'changed', 'unreachable', 'failed', 'skipped'] as const;

/**
 * The recap of a configure run, from its `result`, and the failures with the words of the modules. Nothing for the
 * result of another kind of run.
 */
export function renderRecap(result: unknown, options: TableOptions): string[] {
  const { recap, failures } = (result ?? {}) as { recap?: unknown; failures?: unknown };
  const rows = recapRows(recap);
  if (rows.length === 0) return [];
  const columns = COUNTED.map((name): Column<[string, Counts]> => ({
    head: name.toUpperCase(),
    value: ([, counts]) => String(counts[name] ?? 0),
    align: 'end',
    color: ([, counts], text, paint) =>
      (name === 'failed' || name === 'unreachable') && (counts[name] ?? 0) > 0 ? paint('red', text) : text,
  }));
  const table = renderTable(rows, [{ head: 'HOST', value: ([host]) => host, shrinks: true }, ...columns], options);
  return [...table, ...failureLines(failures, options)];
}

interface TaskFailure {
  readonly host: string;
  readonly task: string;
  readonly message: string;
}

/** More would be read by nobody; all of them are in the output. */
const FAILURES_SHOWN = 5;

function failureLines(failures: unknown, { columns, paint, indent = 0 }: TableOptions): string[] {
  if (!Array.isArray(failures) || failures.length === 0) return [];
  const all = failures as readonly TaskFailure[]; // the server's own shape
  const lines = all.slice(0, FAILURES_SHOWN).flatMap(({ host, task, message }) => {
    const [first = '', ...more] = wrap(plain(`${host}, task "${task}": ${message}`), columns - indent - 2);
    return [`${paint('red', '✖')} ${first}`, ...more.map((line) => `  ${line}`)];
  });
  const left = all.length - FAILURES_SHOWN;
  const rest = left > 0 ? [`  … and ${countOf(left, 'more failure')}`] : [];
  return ['', ...[...lines, ...rest].map((line) => ' '.repeat(indent) + line)];
}

function recapRows(recap: unknown): [string, Counts][] {
  return typeof recap === 'object' && recap !== null ? Object.entries(recap as Record<string, Counts>) : [];
}

function hasTrouble(counts: Counts): boolean {
  return (counts['failed'] ?? 0) + (counts['unreachable'] ?? 0) > 0;
}
