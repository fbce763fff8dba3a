/**
 * A plan before it happens: a tree of what waits for what, the expected time of each resource, and a time line that
 * shows what happens side by side. Long rows of equal servers become one line.
 */

import type { DryRun } from '../../../contract/deployment.ts';
import { formatDuration } from './duration.ts';
import { schedulePlan } from './plan-schedule.ts';
import type { ScheduledNode } from './plan-schedule.ts';
import { countNouns, countOf } from './resource-words.ts';
import { createPaint, cut, fit, pad, plain } from './terminal-text.ts';
import type { Paint } from './terminal-text.ts';

export interface RenderOptions {
  /** Cells of a line. */
  readonly columns: number;
  readonly color: boolean;
}

interface Row {
  readonly label: string;
  readonly first: ScheduledNode;
}

/** More equal siblings than this are drawn as one line. */
const GROUP_ABOVE = 8;
const TIME_WIDTH = 9;
const LEAST_BAR = 8;

/** The plan as lines without line ends, none wider than `columns`. */
export function renderPlan(dryRun: DryRun, { columns, color }: RenderOptions): string[] {
  const paint = createPaint(color);
  const { plan } = dryRun;
  const rows = treeRows(schedulePlan(plan.nodes), '');
  const { template, template_version: version, cloud_region: region } = dryRun;
  const title = plain(`Plan for ${dryRun.name}: template ${template} version ${version}, region ${region}`);
  return [
    paint('bold', cut(title, columns)),
    '',
    ...renderRows(rows, { columns, paint, totalMs: plan.estimated_ms }),
    '',
    cut(`${countOf(plan.total, 'resource')}: ${countNouns(plan.nodes.map((node) => node.kind))}`, columns),
    cut(`Estimated time: ${formatDuration(plan.estimated_ms)} (${basis(dryRun)})`, columns),
  ];
}

function basis({ plan }: DryRun): string {
  const known = plan.nodes.filter((node) => node.estimate_from === 'history').length;
  if (known === 0) return 'no past runs yet';
  return known === plan.nodes.length ? 'from past runs' : `from past runs for ${known} of ${plan.nodes.length}`;
}

/** Depth first, with the lines of the tree in front; roots have none. */
function treeRows(nodes: readonly ScheduledNode[], trunk: string, depth = 0): Row[] {
  const groups = groupEqual(nodes);
  return groups.flatMap((group, index) => {
    const [first] = group;
    if (!first) return [];
    const isLast = index === groups.length - 1;
    const branch = depth === 0 ? '' : isLast ? '└─ ' : '├─ ';
    const below = depth === 0 ? '' : isLast ? '   ' : '│  ';
    const row = { label: trunk + branch + groupLabel(group), first };
    return [row, ...treeRows(first.children, trunk + below, depth + 1)];
  });
}

/** Siblings in order; those that differ only in their last number and are many come as one group. */
function groupEqual(nodes: readonly ScheduledNode[]): ScheduledNode[][] {
  const families = new Map<string, ScheduledNode[]>();
  for (const scheduled of nodes) {
    const { node, children } = scheduled;
    const family = children.length > 0 ? node.key : `${node.key.replace(/\/\d+$/, '/')} ${node.estimate_ms}`;
    families.set(family, [...(families.get(family) ?? []), scheduled]);
  }
  return [...families.values()].flatMap((family) =>
    family.length > GROUP_ABOVE ? [family] : family.map((one) => [one]),
  );
}

function groupLabel(group: readonly ScheduledNode[]): string {
  const first = plain(group[0]?.node.key ?? '');
  if (group.length === 1) return first;
  const lastNumber = /\d+$/.exec(group.at(-1)?.node.key ?? '')?.[0] ?? '';
  return `${first}…${lastNumber} (${group.length})`;
}

function renderRows(
  rows: readonly Row[],
  { columns, paint, totalMs }: { columns: number; paint: Paint; totalMs: number },
) {
  const natural = Math.max(...rows.map(({ label }) => label.length), 0);
  const labelWidth = Math.min(natural, columns - 2 - TIME_WIDTH - 2);
  const barWidth = columns - 2 - labelWidth - TIME_WIDTH - 4;
  return rows.map(({ label, first }) => {
    const { node } = first;
    const sign = node.action === 'present' ? paint('green', '+') : paint('red', '-');
    const time = pad(formatDuration(node.estimate_ms), TIME_WIDTH, 'start');
    const bar = barWidth < LEAST_BAR ? '' : `   ${paint('cyan', timeBar(first, barWidth, totalMs))}`;
    return `${sign} ${fit(label, labelWidth)}${time}${bar}`.trimEnd();
  });
}

function timeBar({ startMs, endMs }: ScheduledNode, width: number, totalMs: number): string {
  const cells = (ms: number): number => (totalMs === 0 ? 0 : Math.round((ms / totalMs) * width));
  const start = Math.min(cells(startMs), width - 1);
  const length = Math.max(1, Math.min(cells(endMs), width) - start);
  return ' '.repeat(start) + '━'.repeat(length);
}
