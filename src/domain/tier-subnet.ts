/**
 * Which subnet a tier's servers stand on.
 */

import type { NetworkTemplate, TierTemplate } from './template.ts';

/** The subnet that the tier names, else the one with the tier's own name, else the only one; undefined when none fits. */
export function subnetOfTier(
  tier: string,
  template: Pick<TierTemplate, 'subnet'>,
  network: Pick<NetworkTemplate, 'subnets'>,
): string | undefined {
  const names = Object.keys(network.subnets);
  if (template.subnet !== undefined) return names.find((name) => name === template.subnet);
  return names.find((name) => name === tier) ?? (names.length === 1 ? names[0] : undefined);
}
