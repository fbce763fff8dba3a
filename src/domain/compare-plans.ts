/**
 * How a plan that was shown differs from the plan that would be made now, node by node and field by field. What is only
 * expected (durations) or looked up (quota use) is no difference: it does not change what is done.
 */

import type { Json, JsonObject } from './json.ts';
import type { FieldChange, Plan, PlanNode } from './plan.ts';
import { saysTheSame } from './says-the-same.ts';

export type NodeDifference =
  | { readonly key: string; readonly difference: 'added' | 'removed'; readonly action: PlanNode['action'] }
  | { readonly key: string; readonly difference: 'changed'; readonly fields: readonly FieldChange[] };

/** @returns empty when both would do the same */
export function comparePlans(shown: Plan, now: Plan): NodeDifference[] {
  const before = new Map(shown.nodes.map((node) => [node.key, node]));
  const after = new Map(now.nodes.map((node) => [node.key, node]));
  const removed = shown.nodes.filter(({ key }) => !after.has(key));
  return [
    ...now.nodes.flatMap((node) => compareNodes(before.get(node.key), node)),
    ...removed.map(({ key, action }): NodeDifference => ({ key, difference: 'removed', action })),
  ];
}

function compareNodes(before: PlanNode | undefined, node: PlanNode): NodeDifference[] {
  const { key, action } = node;
  if (!before) return [{ key, difference: 'added', action }];
  const fields = [...differences(essence(before), essence(node))];
  return fields.length === 0 ? [] : [{ key, difference: 'changed', fields }];
}

/** What a node does, as plain JSON: the form in which a stored plan comes back. */
function essence({ estimateMs, estimateFrom, uses, ...node }: PlanNode): JsonObject {
  void [estimateMs, estimateFrom, uses];
  return JSON.parse(JSON.stringify(node)) as JsonObject; // a plan is JSON
}

function* differences(from: JsonObject, to: JsonObject, path = ''): Generator<FieldChange> {
  for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const [before, after] = [from[name] ?? null, to[name] ?? null];
    const field = `${path}${name}`;
    if (saysTheSame(before, after)) continue;
    if (isObject(before) && isObject(after)) yield* differences(before, after, `${field}.`);
    else yield { field, from: before, to: after };
  }
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
