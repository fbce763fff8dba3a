/**
 * A change of a living deployment before it happens: what is created, changed where it stands, replaced and deleted, in
 * order, with the fields that change and the reason for whatever is done to something that stands.
 */

import type { ChangeShown } from '../../../contract/change.ts';
import type { PlanNode } from '../../../contract/deployment.ts';
import { GROUP_ABOVE, countDeeds, groupLabel, renderPlanRows } from './plan-rows.ts';
import type { PlanRow } from './plan-rows.ts';
import { schedulePlan } from './plan-schedule.ts';
import type { ScheduledNode } from './plan-schedule.ts';
import { renderForesight } from './render-foresight.ts';
import type { RenderOptions } from './render-plan.ts';
import { createPaint, cut, plain, wrap } from './terminal-text.ts';
import type { Paint } from './terminal-text.ts';

/** @param called how the person calls the deployment */
export function renderChange(shown: ChangeShown, called: string, { columns, color }: RenderOptions): string[] {
  const paint = createPaint(color);
  const { plan } = shown;
  if (!plan || plan.nodes.length === 0) return [cut(nothingToDo(shown, called), columns)];
  const rows = changeRows(schedulePlan(plan.nodes).all, { columns, paint });
  return [
    paint('bold', cut(plain(titleOf(shown, called)), columns)),
    '',
    ...renderPlanRows(rows, { columns, paint, totalMs: plan.estimated_ms }),
    '',
    countDeeds(plan.nodes, paint),
    ...renderForesight(plan, { columns, paint }),
  ];
}

/** What is answered where there is nothing to run. */
export function nothingToDo({ operation, vm_type: tier, target_count: target }: ChangeShown, called: string): string {
  if (operation === 'settings') return plain(`${called}: the settings are changed; no resource is touched`);
  if (tier === undefined || target === undefined) return plain(`${called} is as asked for already: nothing to do`);
  return plain(`${called} has ${target} of ${tier} already: nothing to do`);
}

function titleOf(shown: ChangeShown, called: string): string {
  const { vm_type: tier, previous_count: before, target_count: target } = shown;
  if (tier === undefined || target === undefined) return `Plan to change ${called}`;
  return `Plan to scale ${called}: ${tier} from ${before ?? '?'} to ${target}`;
}

interface Page {
  readonly columns: number;
  readonly paint: Paint;
}

/** Neighbours that are done the same way and for the same reason tell it once; many of them are one row. */
function changeRows(all: readonly ScheduledNode[], page: Page): PlanRow[] {
  return blocks(all).flatMap((block): PlanRow[] => {
    const notes = block[0] ? notesOf(block[0].node, page) : [];
    if (block.length > GROUP_ABOVE) return [{ label: groupLabel(block), group: block, notes }];
    const last = block.length - 1;
    return block.map((one, index) => ({ label: groupLabel([one]), group: [one], notes: index === last ? notes : [] }));
  });
}

function blocks(all: readonly ScheduledNode[]): ScheduledNode[][] {
  const found: ScheduledNode[][] = [];
  let last = '';
  for (const scheduled of all) {
    const alike = likenessOf(scheduled.node);
    if (alike === last) found.at(-1)?.push(scheduled);
    else found.push([scheduled]);
    last = alike;
  }
  return found;
}

function likenessOf({ key, does, reason, changes }: PlanNode): string {
  return JSON.stringify([key.replace(/\/\d+$/, '/'), does, reason, changes]);
}

function notesOf({ does, reason, changes = [] }: PlanNode, { columns, paint }: Page): string[] {
  const fields = changes.map(({ field, from, to }) => `${field}: ${showValue(from)} → ${showValue(to)}`);
  const why = reason === undefined ? [] : [does === 'replace' ? `replaced because ${reason}` : reason];
  return [...fields, ...why].flatMap((text) =>
    wrap(plain(text), columns - 6).map((line) => `      ${paint('dim', line)}`),
  );
}

export function showValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
