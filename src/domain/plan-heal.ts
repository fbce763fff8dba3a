/**
 * The plan of a heal: the one planner, told what the last look found. What is missing or cannot be changed where it stands
 * gets another in its place, with everything that was built upon it; the rest is set right in place. What a person accepted
 * is no finding: it is left as it is.
 */

import { isAccepted, openDifferences, type RecordedFinding } from './drift.ts';
import type { Json } from './json.ts';
import type { Plan, PlanNode } from './plan.ts';
import { type DeploymentToPlan, type Known, planChange } from './plan-change.ts';
import type { TemplateBody } from './template.ts';

/**
 * @param config what the deployment wants
 * @param findings of the deployment; an `extra` needs no node, since every run ends with a look for strays
 */
export function planHeal(
  deployment: DeploymentToPlan,
  config: TemplateBody,
  known: Omit<Known, 'broken' | 'drifted'>,
  findings: readonly RecordedFinding[],
): Plan {
  const open = findings.filter((finding) => finding.type !== 'extra' && !isAccepted(finding));
  const broken = open.filter((finding) => openDifferences(finding).some(({ fix }) => fix === 'replace'));
  const drifted = open.filter((finding) => !broken.includes(finding));
  const reasons = (some: readonly RecordedFinding[]): Map<string, string> =>
    new Map(some.map((finding) => [finding.key, reasonOf(finding)]));
  const plan = planChange({ ...deployment, failurePolicy: 'continue' }, config, {
    ...known,
    broken: reasons(broken),
    drifted: reasons(drifted),
  });
  return { ...plan, nodes: plan.nodes.map((node) => leavingAccepted(node, findings)) };
}

function reasonOf(finding: RecordedFinding): string {
  if (finding.type === 'missing') return 'it is missing in the cloud';
  if (finding.type === 'detached' && openDifferences(finding).some(({ field }) => field === 'id'))
    return 'it was detached';
  const words = openDifferences(finding).map(
    ({ field, wanted, actual }) => `${field} is ${said(actual)} instead of ${said(wanted)}`,
  );
  return words.join('; ');
}

function said(value: Json): string {
  return value === null ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value);
}

function leavingAccepted(node: PlanNode, findings: readonly RecordedFinding[]): PlanNode {
  if (node.action !== 'update') return node;
  const accepted = findings.find(({ key }) => key === node.key)?.accepted ?? [];
  return accepted.length === 0 ? node : { ...node, leave: accepted.map(({ field }) => field) };
}
