/**
 * Which servers make up a tier of a given size: those that stand, as far as the size allows, and new ones with the lowest
 * free ordinals. When there are too many, the last created go first; those of one run were created together, and of them the
 * highest ordinals go first.
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
  const standing = ledger.flatMap((resource): Standing[] => {
    const ordinal = ordinalIn(tier, resource.key);
    if (ordinal === undefined || resource.state === 'deleted') return [];
    taken.add(ordinal);
    return resource.state === 'deleting' ? [] : [{ key: resource.key, ordinal, standing: resource }];
  });
  const kept: TierMember[] = standing.toSorted(byCreation(standing)).slice(0, count);
  for (let ordinal = 1; kept.length < count; ordinal += 1) {
    if (!taken.has(ordinal)) kept.push({ key: `server/${tier}/${ordinal}`, ordinal });
  }
  return kept.toSorted((a, b) => a.ordinal - b.ordinal);
}

function ordinalIn(tier: string, key: string): number | undefined {
  const [noun, name, ordinal] = key.split('/');
  return noun === 'server' && name === tier ? Number(ordinal) : undefined;
}

type Standing = TierMember & { readonly standing: Resource };

function byCreation(all: readonly Standing[]): (a: Standing, b: Standing) => number {
  const beganAt = new Map<string, string>();
  for (const { standing } of all) {
    const known = beganAt.get(standing.runId);
    if (known === undefined || standing.createdAt < known) beganAt.set(standing.runId, standing.createdAt);
  }
  const timeOf = ({ standing }: Standing): string => beganAt.get(standing.runId) ?? standing.createdAt;
  return (a, b) => timeOf(a).localeCompare(timeOf(b)) || a.ordinal - b.ordinal;
}
