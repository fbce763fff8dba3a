/**
 * Whom a play works on: the servers of a deployment by tier, or the groups that a caller names. Pure.
 */

import { escapePointer } from './merge-template.ts';
import type { Fault } from './errors.ts';
import type { Json, JsonObject } from './json.ts';
import type { Resource } from './resource.ts';

export interface PlayInventoryHost extends JsonObject {
  /** Name of the server, or the address itself for a host that is not of this deployment. */
  readonly name: string;
  readonly address: string;
  /** The cloud's id of the server; null for a host that is not of this deployment. */
  readonly server: string | null;
  readonly tier: string | null;
  readonly ordinal: number | null;
}

export interface PlayInventory extends JsonObject {
  readonly hosts: readonly PlayInventoryHost[];
  /** Group name to names of hosts. */
  readonly groups: { readonly [group: string]: readonly string[] };
}

/** Group name to tier names, server names or addresses. */
export type GivenInventory = Readonly<Record<string, readonly string[]>>;

/** One group a tier, with every server that stands and has an address. */
export function inventoryFromLedger(ledger: readonly Resource[]): PlayInventory {
  const hosts = hostsOf(ledger);
  const tiers = new Set(hosts.flatMap(({ tier }) => tier ?? []));
  const membersOfTier = (tier: string) => hosts.filter((host) => host.tier === tier).map(({ name }) => name);
  return { hosts, groups: Object.fromEntries([...tiers].map((tier) => [tier, membersOfTier(tier)])) };
}

/** Servers in the order of tiers and ordinals. */
export function hostsOf(ledger: readonly Resource[]): PlayInventoryHost[] {
  const hosts = ledger.flatMap(({ key, state, providerId, wanted, outputs }): PlayInventoryHost[] => {
    const [noun, tier = '', ordinal = ''] = key.split('/');
    const [name, address] = [wanted['name'], outputs['ip']];
    if (noun !== 'server' || state !== 'present' || typeof address !== 'string') return [];
    return [{ name: String(name), address, server: providerId, tier, ordinal: Number(ordinal) }];
  });
  return hosts.toSorted((a, b) => compare(a.tier ?? '', b.tier ?? '') || (a.ordinal ?? 0) - (b.ordinal ?? 0));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** An address or a name in DNS; never something that a program would take for an option. */
const ADDRESS = /^[A-Za-z0-9]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?$/;
/** Groups that Ansible makes by itself. */
const RESERVED_GROUPS = ['all', 'ungrouped'];

/** @param mayBeForeign whether hosts that are not of this deployment are allowed */
export function inventoryFromRequest(
  given: GivenInventory,
  ledger: readonly Resource[],
  mayBeForeign: boolean,
): { inventory: PlayInventory; faults: Fault[] } {
  const own = hostsOf(ledger);
  const faults: Fault[] = [];
  const chosen = new Map<string, PlayInventoryHost>();
  const groups = Object.entries(given).map(([group, entries]) => {
    if (RESERVED_GROUPS.includes(group)) faults.push(reservedGroup(group));
    const members = entries.flatMap((entry, index) => {
      const found = membersOf(entry, own, mayBeForeign);
      if (found.length === 0) faults.push(unknownMember({ group, index, entry }, own, mayBeForeign));
      return found;
    });
    for (const host of members) chosen.set(host.name, host);
    return [group, [...new Set(members.map((host) => host.name))]] as const;
  });
  return { inventory: { hosts: [...chosen.values()], groups: Object.fromEntries(groups) }, faults };
}

function membersOf(entry: string, own: readonly PlayInventoryHost[], mayBeForeign: boolean): PlayInventoryHost[] {
  const ofTier = own.filter((host) => host.tier === entry);
  if (ofTier.length > 0) return ofTier;
  const server = own.find((host) => host.address === entry || host.name === entry);
  if (server) return [server];
  if (!mayBeForeign || !ADDRESS.test(entry)) return [];
  return [{ name: entry, address: entry, server: null, tier: null, ordinal: null }];
}

function reservedGroup(group: string): Fault {
  const detail = `Ansible has a group ${group} of its own`;
  return { pointer: `/inventory/${group}`, detail, value: group, remedy: 'Choose another name for the group.' };
}

function unknownMember(
  { group, index, entry }: { group: string; index: number; entry: string },
  own: readonly PlayInventoryHost[],
  mayBeForeign: boolean,
): Fault {
  const tiers = [...new Set(own.map((host) => host.tier))].join(', ');
  const foreign = mayBeForeign
    ? 'Other hosts are given by address or by name in DNS.'
    : 'Other hosts are allowed where the region has ansible.allow_foreign_hosts: true.';
  return {
    pointer: `/inventory/${escapePointer(group)}/${index}`,
    detail: `${entry} is no tier, server or address of this deployment`,
    value: entry,
    remedy: `Give a tier (${tiers}), the name of a server or its address. ${foreign}`,
  };
}

const WILDCARD = /[*?[\]]/;

/**
 * What is wrong with a `limit`: a term that names nobody would otherwise end the play before it begins.
 * @param limit terms joined by `,` or `:`, each of them a host, a group or a pattern, with `!` for "not" and `&` for "also in"
 */
export function limitFaults(limit: string, { hosts, groups }: PlayInventory): Fault[] {
  const known = new Set<Json>(['all', ...Object.keys(groups), ...hosts.map((host) => host.name)]);
  const terms = limit.split(/[,:]/).map((term) => term.trim().replace(/^[!&]/, ''));
  const unknown = terms.filter((term) => !WILDCARD.test(term) && !known.has(term));
  return unknown.map((term) => ({
    pointer: '/limit',
    detail: term === '' ? 'the limit has an empty term' : `the inventory has no group or host ${term}`,
    value: limit,
    remedy: `Use one of: ${[...known].join(', ')}.`,
  }));
}
