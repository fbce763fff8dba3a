/**
 * A refusal of the server for a person: what was refused and why, each fault with its place, value and remedy, and the
 * request id to give to whoever runs the server.
 */

import type { Problem, ProblemFault } from '../../../contract/problem.ts';
import { plain, wrap } from './terminal-text.ts';
import type { Paint } from './terminal-text.ts';

export interface ProblemOptions {
  readonly columns: number;
  readonly paint: Paint;
  /** `file:line:column` of a JSON pointer, when the request came from a file. */
  readonly locate?: ((pointer: string) => string | undefined) | undefined;
}

export function renderProblem(problem: Problem, options: ProblemOptions): string[] {
  const { columns, paint } = options;
  const indented = (text: string, by: number): string[] =>
    wrap(plain(text), columns - by).map((line) => ' '.repeat(by) + line);
  const faults = problem.errors ?? [];
  const [title = '', ...more] = wrap(plain(`Refused: ${problem.title} (${problem.code})`), columns);
  return [
    ...[title, ...more].map((line) => paint('red', line)),
    ...indented(problem.detail, 2),
    ...faults.flatMap((fault) => [
      `  ${paint('bold', plain(placeOf(fault, options)))}`,
      ...indented(`${fault.detail}${valueWords(fault)}`, 4),
      ...indented(fault.remedy, 4),
    ]),
    ...indented(problem.remedy, 2),
    ...indented(`Request id: ${problem.request_id}`, 2),
  ];
}

function placeOf({ pointer }: ProblemFault, { locate }: ProblemOptions): string {
  const place = locate?.(pointer);
  const name = pointer === '' ? 'the request' : pointer;
  return place === undefined ? name : `${place}  ${name}`;
}

function valueWords({ value }: ProblemFault): string {
  if (value === undefined) return '';
  const text = JSON.stringify(value);
  return ` (given: ${text.length > 60 ? `${text.slice(0, 57)}…` : text})`;
}
