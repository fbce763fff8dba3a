/**
 * Scaling one tier: out with further servers like those of the tier, in by removing the last created first.
 */

import type { ScaleBody } from '../contract/change.ts';
import type { Deployment } from '../domain/deployment.ts';
import { type Fault, GroundworkError } from '../domain/errors.ts';
import type { Template, TierTemplate } from '../domain/template.ts';
import type { AppDependencies } from './dependencies.ts';
import {
  type ChangeAnswer,
  changeDeployment,
  type ChangeOptions,
  wantedOf,
  type WantedChange,
} from './plan-for-change.ts';
import { withTierCount } from './tier-count.ts';

/** @throws GroundworkError not_found, invalid_parameters (unknown tier, beyond its bounds), run_in_progress, not_possible_now */
export async function scaleDeployment(
  dependencies: AppDependencies,
  id: string,
  body: ScaleBody,
  options: ChangeOptions,
): Promise<ChangeAnswer> {
  return changeDeployment(dependencies, id, options, (deployment, template) => wish(deployment, template, body));
}

function wish(deployment: Deployment, template: Template, body: ScaleBody): WantedChange {
  const { vm_type: tier, target_count: target } = body;
  const standing = tierOf(deployment, tier);
  assertWithinBounds(tier, standing, target);
  const previous = standing.count;
  const told = { vm_type: tier, previous_count: previous, target_count: target };
  const operation = target === previous ? 'none' : target > previous ? 'scale_out' : 'scale_in';
  return {
    kind: 'scale',
    operation,
    ...(operation === 'none' ? wantedOf(deployment) : withTierCount(wantedOf(deployment), template, tier, target)),
    // What is to go is not made again because something else could not go.
    ...(operation === 'scale_in' ? { failurePolicy: 'continue' } : {}),
    request: { vm_type: tier, target_count: target },
    told,
    locate: (fault) => (fault.pointer.endsWith('/count') ? { ...fault, pointer: '/target_count' } : fault),
  };
}

function tierOf({ config }: Deployment, tier: string): TierTemplate {
  const standing = Object.hasOwn(config.vm_config, tier) ? config.vm_config[tier] : undefined;
  if (standing) return standing;
  const known = Object.keys(config.vm_config).join(', ');
  const fault = {
    pointer: '/vm_type',
    detail: `the deployment has no tier ${tier}`,
    value: tier,
    remedy: `Use one of: ${known}.`,
  };
  throw new GroundworkError('invalid_parameters', fault.detail, { faults: [fault], remedy: fault.remedy });
}

function assertWithinBounds(tier: string, { min_count: min = 0, max_count: max }: TierTemplate, target: number): void {
  if (target >= min && (max === undefined || target <= max)) return;
  const bounds = max === undefined ? `at least ${min}` : `${min} to ${max}`;
  const fault: Fault = {
    pointer: '/target_count',
    detail: `tier ${tier} takes ${bounds} servers, not ${target}`,
    value: target,
    remedy: `Ask for ${bounds}.`,
  };
  throw new GroundworkError('invalid_parameters', fault.detail, { faults: [fault], remedy: fault.remedy });
}
