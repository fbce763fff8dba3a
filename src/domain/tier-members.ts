/**
 * Which servers make up a tier of a given size: those that stand, as far as the size allows, and new ones with the lowest
 * free ordinals. When there are too many, the last created go first.
 */

import type { Resource } from './resource.ts';

export interface TierMember {
  readonly key: string;
  readonly ordinal: number;
  /** The ledger's row, when there is one. */
  readonly standing?: Resource;
}

/** @returns `count` members by ordinal */
export function membersOf(tier: string, count: number, ledger: readonly Resource[]): TierMember[] {
  const taken = new Set<number>();
  const standing = ledger.flatMap((resource): (TierMember & { standing: Resource })[] => {
    const ordinal = ordinalIn(tier, resource.key);
    if (ordinal === undefined || resource.state === 'deleted') return [];
    taken.add(ordinal);
    return resource.state === 'deleting' ? [] : [{ key: resource.key, ordinal, standing: resource }];
  });
  const kept: TierMember[] = standing.toSorted(byCreation).slice(0, count);
  for (let ordinal = 1; kept.length < count; ordinal += 1) {
    if (!taken.has(ordinal)) kept.push({ key: `server/${tier}/${ordinal}`, ordinal });
  }
  return kept.toSorted((a, b) => a.ordinal - b.ordinal);
}

/** How many servers of a tier stand or are being made. */
export function sizeOfTier(tier: string, ledger: readonly Resource[]): number {
  return ledger.filter(
    ({ key, state }) => state !== 'deleted' && state !== 'deleting' && ordinalIn(tier, key) !== undefined,
  ).length;
}

function ordinalIn(tier: string, key: string): number | undefined {
  const [noun, name, ordinal] = key.split('/');
  return noun === 'server' && name === tier ? Number(ordinal) : undefined;
}

function byCreation(a: { ordinal: number; standing: Resource }, b: { ordinal: number; standing: Resource }): number {
  return a.standing.createdAt.localeCompare(b.standing.createdAt) || a.ordinal - b.ordinal;
}
