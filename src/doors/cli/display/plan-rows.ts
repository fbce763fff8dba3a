/**
 * The rows of a plan's picture: a sign that tells what is done without any colour, the resource, whether it can work, the
 * expected time, and a bar that shows what happens side by side.
 */

import type { PlanNode } from '../../../contract/deployment.ts';
import { formatDuration } from './duration.ts';
import type { ScheduledNode } from './plan-schedule.ts';
import { DEEDS } from './resource-words.ts';
import { fit, pad, plain } from './terminal-text.ts';
import type { Color, Paint } from './terminal-text.ts';

export interface PlanRow {
  readonly label: string;
  /** What the row stands for, at least one; all of them do the same. */
  readonly group: readonly ScheduledNode[];
  /** Shown below it. */
  readonly notes?: readonly string[];
}

export interface RowOptions {
  readonly columns: number;
  readonly paint: Paint;
  /** Length of the whole plan. */
  readonly totalMs: number;
}

/** More equal rows than this are drawn as one. */
export const GROUP_ABOVE = 8;
const TIME_WIDTH = 9;
const LEAST_BAR = 8;

/** `server/web/1`, or `server/web/1…100 (100)` for many. */
export function groupLabel(group: readonly ScheduledNode[]): string {
  const first = plain(group[0]?.node.key ?? '');
  if (group.length === 1) return first;
  const lastNumber = /\d+$/.exec(group.at(-1)?.node.key ?? '')?.[0] ?? '';
  return `${first}…${lastNumber} (${group.length})`;
}

export function renderPlanRows(rows: readonly PlanRow[], { columns, paint, totalMs }: RowOptions): string[] {
  const judged = rows.some(({ group }) => verdictOf(group) !== undefined);
  const left = judged ? 4 : 2;
  const natural = Math.max(...rows.map(({ label }) => label.length), 0);
  const labelWidth = Math.min(natural, columns - left - TIME_WIDTH - 2);
  const barWidth = columns - left - labelWidth - TIME_WIDTH - 4;
  return rows.flatMap(({ label, group, notes = [] }) => {
    const [first] = group;
    if (!first) return [];
    const { sign, color } = DEEDS[first.node.does];
    const verdict = judged ? `${verdictSign(verdictOf(group), paint)} ` : '';
    const time = pad(formatDuration(first.node.estimate_ms), TIME_WIDTH, 'start');
    const bar = barWidth < LEAST_BAR ? '' : `   ${paint('cyan', timeBar(group, barWidth, totalMs))}`;
    return [`${paint(color, sign)} ${verdict}${fit(label, labelWidth)}${time}${bar}`.trimEnd(), ...notes];
  });
}

type Verdict = 'pass' | 'fail' | 'unknown';

/** The worst of all checks; undefined where nothing was asked. */
function verdictOf(group: readonly ScheduledNode[]): Verdict | undefined {
  const verdicts = group.flatMap(({ node }) => (node.checks ?? []).map(({ verdict }) => verdict));
  return (['fail', 'unknown', 'pass'] as const).find((verdict) => verdicts.includes(verdict));
}

export const VERDICT_SIGNS: Readonly<Record<Verdict, readonly [sign: string, color: Color]>> = {
  pass: ['✔', 'green'],
  fail: ['✖', 'red'],
  unknown: ['?', 'yellow'],
};

function verdictSign(verdict: Verdict | undefined, paint: Paint): string {
  if (verdict === undefined) return ' ';
  const [sign, color] = VERDICT_SIGNS[verdict];
  return paint(color, sign);
}

/** From the start of the first to the end of the last. */
function timeBar(group: readonly ScheduledNode[], width: number, totalMs: number): string {
  const cells = (ms: number): number => (totalMs === 0 ? 0 : Math.round((ms / totalMs) * width));
  const startMs = Math.min(...group.map((one) => one.startMs));
  const endMs = Math.max(...group.map((one) => one.endMs));
  const start = Math.min(cells(startMs), width - 1);
  const length = Math.max(1, Math.min(cells(endMs), width) - start);
  return ' '.repeat(start) + '━'.repeat(length);
}

/** `+ 3 to create, ± 1 to replace`: the sum of a plan, and the key to its signs. */
export function countDeeds(nodes: readonly PlanNode[], paint: Paint): string {
  const counts = new Map<PlanNode['does'], number>();
  for (const { does } of nodes) counts.set(does, (counts.get(does) ?? 0) + 1);
  return [...counts]
    .map(([does, count]) => `${paint(DEEDS[does].color, DEEDS[does].sign)} ${count} to ${does}`)
    .join(', ');
}
