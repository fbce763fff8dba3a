/**
 * What a template must be so that a plan can be made from it. All faults are reported together, each with the pointer
 * into the template, the value and what to do.
 *
 * A template is checked twice: when it is written, where a value that waits for a parameter is passed over, and when the
 * parameters are merged in, where nothing may wait any more.
 */

import { checkNetwork } from './check-network.ts';
import { checkCounts, checkTexts, type CountCeiling } from './check-tier.ts';
import type { Fault } from './errors.ts';
import { escapePointer, holdsPlaceholder } from './merge-template.ts';
import { parseRange, serverCapacity } from './network-layout.ts';
import type { TemplateBody, TierTemplate } from './template.ts';
import { subnetOfTier } from './tier-subnet.ts';

export interface TemplateLimits extends CountCeiling {
  readonly maxNodesPerPlan: number;
}

export function checkTemplate(body: TemplateBody, limits: TemplateLimits, stage: 'written' | 'merged'): Fault[] {
  const isOpen = stage === 'written' ? holdsPlaceholder : () => false;
  return [
    ...checkNetwork(body.network_config, isOpen),
    ...Object.entries(body.vm_config).flatMap(([tier, config]) => [
      ...checkTexts(`/vm_config/${escapePointer(tier)}`, config),
      ...checkCounts(tier, config, limits, isOpen),
      ...(isOpen(config.subnet) ? [] : checkSubnetChoice(tier, config, body)),
    ]),
    ...checkCapacity(body),
    ...checkSize(body, limits),
  ];
}

function checkSubnetChoice(tier: string, config: TierTemplate, { network_config: network }: TemplateBody): Fault[] {
  if (subnetOfTier(tier, config, network) !== undefined) return [];
  const at = `/vm_config/${escapePointer(tier)}`;
  const names = Object.keys(network.subnets).join(', ');
  if (config.subnet !== undefined) {
    const detail = `tier ${tier} is on the subnet ${String(config.subnet)}, which network_config.subnets does not have`;
    return [{ pointer: `${at}/subnet`, detail, value: config.subnet, remedy: `Use one of: ${names}.` }];
  }
  const detail = `tier ${tier} names no subnet, and none is called ${tier}`;
  return [{ pointer: at, detail, remedy: `Set subnet of the tier to one of: ${names}.` }];
}

/** Every server needs an address of its own on its subnet. */
function checkCapacity({ vm_config: tiers, network_config: network }: TemplateBody): Fault[] {
  const wanted = new Map<string, number>();
  for (const [tier, config] of Object.entries(tiers)) {
    const subnet = subnetOfTier(tier, config, network);
    if (subnet !== undefined) wanted.set(subnet, (wanted.get(subnet) ?? 0) + serversOf(config));
  }
  return [...wanted].flatMap(([subnet, servers]) => {
    const cidr: unknown = network.subnets[subnet];
    const range = typeof cidr === 'string' ? parseRange(cidr) : undefined;
    if (!range || serverCapacity(range) >= servers) return [];
    const detail = `subnet ${subnet} has addresses for ${serverCapacity(range)} servers, but its tiers ask for ${servers}`;
    const pointer = `/network_config/subnets/${escapePointer(subnet)}`;
    return [{ pointer, detail, value: range.cidr, remedy: 'Use a larger range or fewer servers.' }];
  });
}

function checkSize({ vm_config: tiers, network_config: network }: TemplateBody, limits: TemplateLimits): Fault[] {
  const servers = Object.values(tiers).reduce((sum, tier) => sum + serversOf(tier), 0);
  const subnets = Object.keys(network.subnets).length;
  const total = 1 + subnets + (network.router ? 1 + subnets : 0) + servers;
  if (total <= limits.maxNodesPerPlan) return [];
  const detail = `the deployment would have ${total} resources, more than the ${limits.maxNodesPerPlan} that one plan may have`;
  const remedy = 'Split it, or raise limits.max_nodes_per_plan in groundwork.yaml.';
  return [{ pointer: '/vm_config', detail, value: servers, remedy }];
}

/** A count that is missing, open or wrong is reported as such; here it counts as nothing. */
function serversOf({ count }: TierTemplate): number {
  return Number.isInteger(count) && count > 0 ? count : 0;
}
