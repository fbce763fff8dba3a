/**
 * The plan of a new deployment: network → subnets → interfaces of the router → servers of all tiers, each as early as what it
 * stands on allows.
 */

import type { Durations } from './estimate.ts';
import type { Plan } from './plan.ts';
import { type DeploymentToPlan, planChange } from './plan-change.ts';
import type { TemplateBody } from './template.ts';

/** @param config a template with all parameters merged in and found valid */
export function planDeployment(deployment: DeploymentToPlan, config: TemplateBody, durations: Durations): Plan {
  return planChange(deployment, config, { ledger: [], durations, updatable: () => [] });
}
