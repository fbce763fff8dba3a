/**
 * Changing what is wanted of a living deployment. A patch is put on top of the earlier ones; what all of them make of the
 * template is what the plan leads to.
 */

import type { UpdateDeploymentBody } from '../contract/change.ts';
import type { Deployment } from '../domain/deployment.ts';
import { type Fault, GroundworkError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { composePatches } from '../domain/merge-patch.ts';
import { escapePointer } from '../domain/merge-template.ts';
import type { Template } from '../domain/template.ts';
import { subnetOfTier } from '../domain/tier-subnet.ts';
import type { AppDependencies } from './dependencies.ts';
import { type ChangeAnswer, changeDeployment, type ChangeOptions, type WantedChange } from './plan-for-change.ts';
import { applySettings, assertSettings, type Change, settingsOf } from './settings.ts';
import { withTierCount } from './tier-count.ts';

/** @throws GroundworkError not_found, invalid_parameters, invalid_ttl, run_in_progress, not_possible_now */
export async function updateDeployment(
  dependencies: AppDependencies,
  id: string,
  body: UpdateDeploymentBody,
  options: ChangeOptions,
): Promise<ChangeAnswer> {
  const { settings, change } = settingsOf(body);
  const deployment = await assertSettings(dependencies, id, settings);
  const answer: ChangeAnswer =
    Object.keys(change).length === 0
      ? { started: false, answer: { id, operation: 'settings' } }
      : await changeDeployment(dependencies, id, options, (now, template) => ({
          ...wish(now, template, change),
          ...(settings.budget === undefined ? {} : { budget: settings.budget }),
        }));
  if (!options.dryRun) await applySettings(dependencies, deployment, settings);
  return answer;
}

function wish(deployment: Deployment, template: Template, body: Change): WantedChange {
  const faults = [...movedRanges(deployment, body), ...tiersWithoutGround(deployment, body)];
  if (faults.length > 0) throw new GroundworkError('invalid_parameters', faults[0]?.detail ?? '', { faults });
  const { parameters = {}, vm_config, network_config, max_unavailable } = body;
  const patch = {
    ...(vm_config ? { vm_config: withoutCounts(vm_config) } : {}),
    ...(network_config ? { network_config } : {}),
  } as JsonObject;
  const patched = {
    parameters: { ...deployment.parameters, ...parameters },
    overrides: composePatches(deployment.overrides, patch),
  };
  return {
    kind: 'update',
    operation: 'update',
    ...withCounts(patched, template, vm_config),
    ...(max_unavailable === undefined ? {} : { maxUnavailable: max_unavailable }),
    request: body,
    told: {},
    locate: (fault) => locate(fault, body),
  };
}

type TierPatches = NonNullable<UpdateDeploymentBody['vm_config']>;
type Wanted = Pick<Deployment, 'parameters' | 'overrides'>;

function withCounts(wanted: Wanted, template: Template, tiers: TierPatches | undefined): Wanted {
  return Object.entries(tiers ?? {}).reduce(
    (sum, [tier, patch]) => (patch?.count === undefined ? sum : withTierCount(sum, template, tier, patch.count)),
    wanted,
  );
}

function withoutCounts(tiers: TierPatches): JsonObject {
  return Object.fromEntries(
    Object.entries(tiers).map(([tier, patch]) => {
      if (patch === null) return [tier, null];
      const { count: _, ...rest } = patch;
      return [tier, rest];
    }),
  );
}

/** Servers have their addresses in it, and clouds do not move a subnet. */
function movedRanges({ config }: Deployment, { network_config }: Change): Fault[] {
  const standing = config.network_config.subnets;
  return Object.entries(network_config?.subnets ?? {}).flatMap(([name, cidr]): Fault[] => {
    const now = Object.hasOwn(standing, name) ? standing[name] : undefined;
    if (now === undefined || cidr === null || cidr === now) return [];
    return [
      {
        pointer: `/network_config/subnets/${escapePointer(name)}`,
        detail: `subnet ${name} lives with the range ${now}, and the range of a living subnet cannot be changed`,
        value: cidr,
        remedy: 'Add a subnet with the new range, move the tiers to it, then remove this one.',
      },
    ];
  });
}

/** A tier does not move because its subnet is taken away: its servers would be replaced without anybody having said so. */
function tiersWithoutGround({ config }: Deployment, { vm_config, network_config }: Change): Fault[] {
  const removed = Object.entries(network_config?.subnets ?? {}).flatMap(([name, cidr]) =>
    cidr === null ? [name] : [],
  );
  return Object.entries(config.vm_config).flatMap(([tier, template]): Fault[] => {
    const subnet = subnetOfTier(tier, template, config.network_config);
    const patch = vm_config?.[tier];
    if (subnet === undefined || !removed.includes(subnet) || patch === null || patch?.subnet !== undefined) return [];
    return [
      {
        pointer: `/network_config/subnets/${escapePointer(subnet)}`,
        detail: `subnet ${subnet} cannot be removed while tier ${tier} is on it`,
        value: null,
        remedy: `Move the tier (vm_config.${tier}.subnet) or remove it in the same request.`,
      },
    ];
  });
}

/** Faults of the configuration have the pointers of a template, which are those of the patch; a count may be a parameter. */
function locate(fault: Fault, { vm_config, parameters }: Change): Fault {
  const tier = /^\/vm_config\/([^/]+)\/count$/.exec(fault.pointer)?.[1];
  if (tier === undefined || vm_config?.[tier]?.count !== undefined) return fault;
  const parameter = `${tier}_count`;
  return parameters && parameter in parameters ? { ...fault, pointer: `/parameters/${parameter}` } : fault;
}
