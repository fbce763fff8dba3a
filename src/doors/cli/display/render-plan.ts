/**
 * A plan before it happens: a tree of what waits for what, the expected time of each resource, and a time line that
 * shows what happens side by side. Long rows of equal servers become one line. Below it, what is foreseen.
 */

import type { DryRun } from '../../../contract/deployment.ts';
import { GROUP_ABOVE, groupLabel, renderPlanRows } from './plan-rows.ts';
import type { PlanRow } from './plan-rows.ts';
import { schedulePlan } from './plan-schedule.ts';
import type { ScheduledNode } from './plan-schedule.ts';
import { renderForesight } from './render-foresight.ts';
import { countNouns, countOf } from './resource-words.ts';
import { createPaint, cut, plain } from './terminal-text.ts';

export interface RenderOptions {
  /** Cells of a line. */
  readonly columns: number;
  readonly color: boolean;
}

/** The plan as lines without line ends, none wider than `columns`. */
export function renderPlan(dryRun: DryRun, { columns, color }: RenderOptions): string[] {
  const paint = createPaint(color);
  const { plan } = dryRun;
  const rows = treeRows(schedulePlan(plan.nodes).roots, '');
  const { template, template_version: version, cloud_region: region } = dryRun;
  const title = plain(`Plan for ${dryRun.name}: template ${template} version ${version}, region ${region}`);
  return [
    paint('bold', cut(title, columns)),
    '',
    ...renderPlanRows(rows, { columns, paint, totalMs: plan.estimated_ms }),
    '',
    cut(`${countOf(plan.total, 'resource')}: ${countNouns(plan.nodes.map((node) => node.kind))}`, columns),
    ...renderForesight(plan, { columns, paint }),
  ];
}

/** Depth first, with the lines of the tree in front; roots have none. */
function treeRows(nodes: readonly ScheduledNode[], trunk: string, depth = 0): PlanRow[] {
  const groups = groupEqual(nodes);
  return groups.flatMap((group, index) => {
    const [first] = group;
    if (!first) return [];
    const isLast = index === groups.length - 1;
    const branch = depth === 0 ? '' : isLast ? '└─ ' : '├─ ';
    const below = depth === 0 ? '' : isLast ? '   ' : '│  ';
    const row = { label: trunk + branch + groupLabel(group), group };
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
