/**
 * Turns JSON log lines into lines for a person: `12:03:55 info  run finished  run=0192… status=succeeded`.
 * Our own because a pretty-printing package would be one more dependency in production for forty lines.
 */

import type { DestinationStream } from 'pino';

const LEVEL_COLORS: Readonly<Record<string, number>> = { debug: 90, info: 36, warn: 33, error: 31, fatal: 31 };
const SHOWN_APART = new Set(['level', 'time', 'msg', 'err']);

/** A destination that writes every JSON line prettily to another one; what is not JSON goes through as it is. */
export function createPrettyDestination(target: DestinationStream, options: { color: boolean }): DestinationStream {
  return {
    write(line: string): void {
      target.write(prettyLine(line, options));
    },
  };
}

/** One JSON log line as text, with its line end. */
export function prettyLine(line: string, { color }: { color: boolean }): string {
  const record = parseRecord(line);
  if (!record) return line;
  const level = String(record['level'] ?? '');
  const paint = (text: string, code: number): string => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const time = String(record['time'] ?? '').slice(11, 19);
  const fields = Object.entries(record)
    .filter(([name]) => !SHOWN_APART.has(name))
    .map(([name, value]) => `${paint(name, 90)}=${shown(value)}`);
  const head = [paint(time, 90), paint(level.padEnd(5), LEVEL_COLORS[level] ?? 0), String(record['msg'] ?? '')];
  return `${[head.join(' '), ...fields].join('  ')}\n${errorLines(record['err'])}`;
}

function parseRecord(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>; // starts with a brace, so it is an object
  } catch {
    return undefined; // someone else's line: shown untouched
  }
}

function shown(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return /^[^\s"]+$/.test(value) ? value : JSON.stringify(value);
}

function errorLines(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { stack, message, cause } = error as { stack?: unknown; message?: unknown; cause?: unknown };
  const own = String(stack ?? message ?? JSON.stringify(error));
  const indented = own.split('\n').map((line) => `    ${line}\n`);
  return indented.join('') + (cause === undefined ? '' : `    caused by:\n${errorLines(cause)}`);
}
