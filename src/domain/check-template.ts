/**
 * What a merged template must be so that a plan can be made from it. All faults are reported together, each with the
 * pointer into the template, the value and what to do.
 *
 * A value that still holds a placeholder is passed over: a template may be stored before its parameters are known.
 */

import { checkNetwork } from './check-network.ts';
import type { Fault } from './errors.ts';
import type { Json } from './json.ts';
import { parseRange, serverCapacity } from './network-layout.ts';
import type { TemplateBody, TierTemplate } from './template.ts';
import { subnetOfTier } from './tier-subnet.ts';

export interface TemplateLimits {
  readonly maxCountPerTier: number;
  readonly maxNodesPerPlan: number;
}

export function checkTemplate(body: TemplateBody, limits: TemplateLimits): Fault[] {
  const tiers = Object.entries(body.vm_config);
  return [
    ...checkNetwork(body.network_config),
    ...tiers.flatMap(([tier, config]) => checkTier(tier, config, body, limits)),
    ...checkCapacity(body),
    ...checkSize(body, limits),
  ];
}

export function isOpen(value: unknown): boolean {
  return typeof value === 'string' && value.includes('${');
}

function checkTier(tier: string, config: TierTemplate, body: TemplateBody, limits: TemplateLimits): Fault[] {
  const at = `/vm_config/${tier}`;
  return [
    ...checkTexts(at, config),
    ...checkCounts(tier, config, limits),
    ...checkSubnetChoice(at, tier, config, body),
  ];
}

function checkTexts(at: string, config: TierTemplate): Fault[] {
  const texts: [string, unknown][] = [
    ['flavor', config.flavor],
    ['image', config.image],
    ...(config.key_name === undefined ? [] : [['key_name', config.key_name] as [string, unknown]]),
  ];
  return texts
    .filter(([, value]) => typeof value !== 'string' || value.trim() === '' || value.length > 255)
    .map(([field, value]) => ({
      pointer: `${at}/${field}`,
      detail: `${field} must be a text of 1 to 255 characters`,
      value: (value ?? null) as Json,
      remedy: `Name the ${field.replace('_name', ' pair')} as the cloud knows it.`,
    }));
}

function checkCounts(tier: string, config: TierTemplate, limits: TemplateLimits): Fault[] {
  const at = `/vm_config/${tier}`;
  const faults: Fault[] = [];
  for (const field of ['count', 'min_count', 'max_count'] as const) {
    const value: unknown = config[field];
    if (value === undefined || isOpen(value)) continue;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
      faults.push(
        countFault(
          `${at}/${field}`,
          `${field} of tier ${tier} must be a whole number, 0 or more`,
          value,
          'Give a whole number.',
        ),
      );
    } else if (value > limits.maxCountPerTier) {
      const detail = `${field} of tier ${tier} is above the ceiling of ${limits.maxCountPerTier}`;
      faults.push(
        countFault(
          `${at}/${field}`,
          detail,
          value,
          'Ask for fewer, or raise limits.max_count_per_tier in groundwork.yaml.',
        ),
      );
    }
  }
  return faults.length > 0 ? faults : checkBounds(tier, config);
}

function checkBounds(tier: string, { count, min_count: min = 0, max_count: max = Infinity }: TierTemplate): Fault[] {
  const at = `/vm_config/${tier}`;
  if (isOpen(count) || isOpen(min) || isOpen(max)) return [];
  if (min > max) {
    return [
      countFault(
        `${at}/min_count`,
        `min_count of tier ${tier} is above its max_count ${max}`,
        min,
        'Lower min_count or raise max_count.',
      ),
    ];
  }
  if (count >= min && count <= max) return [];
  const bounds = max === Infinity ? `at least ${min}` : `from ${min} to ${max}`;
  return [countFault(`${at}/count`, `tier ${tier} takes ${bounds} servers`, count, `Ask for ${bounds}.`)];
}

function countFault(pointer: string, detail: string, value: unknown, remedy: string): Fault {
  return { pointer, detail, value: (value ?? null) as Json, remedy };
}

function checkSubnetChoice(
  at: string,
  tier: string,
  config: TierTemplate,
  { network_config: network }: TemplateBody,
): Fault[] {
  if (isOpen(config.subnet) || subnetOfTier(tier, config, network) !== undefined) return [];
  const names = Object.keys(network.subnets).join(', ');
  if (config.subnet !== undefined) {
    const detail = `tier ${tier} is on the subnet ${config.subnet}, which network_config.subnets does not have`;
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
    if (subnet !== undefined && typeof config.count === 'number')
      wanted.set(subnet, (wanted.get(subnet) ?? 0) + config.count);
  }
  return [...wanted].flatMap(([subnet, servers]) => {
    const cidr = network.subnets[subnet] ?? '';
    const range = parseRange(cidr);
    if (!range || serverCapacity(range) >= servers) return [];
    const detail = `subnet ${subnet} has addresses for ${serverCapacity(range)} servers, but its tiers ask for ${servers}`;
    return [
      {
        pointer: `/network_config/subnets/${subnet}`,
        detail,
        value: cidr,
        remedy: 'Use a larger range or fewer servers.',
      },
    ];
  });
}

function checkSize({ vm_config: tiers, network_config: network }: TemplateBody, limits: TemplateLimits): Fault[] {
  const servers = Object.values(tiers).reduce((sum, { count }) => sum + (typeof count === 'number' ? count : 0), 0);
  const total = servers + 2 + 2 * Object.keys(network.subnets).length;
  if (total <= limits.maxNodesPerPlan) return [];
  const detail = `the deployment would have ${total} resources, more than the ${limits.maxNodesPerPlan} that one plan may have`;
  return [
    {
      pointer: '/vm_config',
      detail,
      value: servers,
      remedy: 'Split it, or raise limits.max_nodes_per_plan in groundwork.yaml.',
    },
  ];
}
