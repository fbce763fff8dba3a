/**
 * The patch of `groundwork update`: from a file, from options, or from a file with options on top. The server checks it;
 * here only what cannot be sent at all is refused.
 */

import type { UpdateDeploymentBody } from '../../contract/change.ts';
import { EXIT, ExitWith } from './exit.ts';
import type { RequestFile } from './request-file.ts';

type Pairs = Readonly<Record<string, string>>;
type Fields = Readonly<Record<string, unknown>>;

export interface UpdateOptions {
  readonly param?: Fields;
  readonly flavor?: Pairs;
  readonly image?: Pairs;
  readonly count?: Pairs;
  readonly securityGroups?: Pairs;
  readonly addSubnet?: Pairs;
  readonly removeSubnet?: readonly string[];
  readonly maxUnavailable?: number;
  readonly driftPolicy?: string;
  readonly ttl?: string;
  readonly budget?: object | 'none';
}

/** @throws ExitWith (usage) when a count is no number */
export function updateRequest(file: RequestFile | undefined, options: UpdateOptions): UpdateDeploymentBody {
  const given = compact({
    parameters: options.param,
    vm_config: tiersFrom(options),
    network_config: networkFrom(options),
    max_unavailable: options.maxUnavailable,
    drift_policy: options.driftPolicy,
    ttl: options.ttl === 'none' ? null : options.ttl,
    budget: options.budget === 'none' ? null : options.budget,
  });
  return merge(file?.body ?? {}, given); // the server validates it
}

function tiersFrom({ flavor, image, count, securityGroups }: UpdateOptions): Fields | undefined {
  const counts = mapValues(count, (text, tier) => wholeCount(tier, text));
  const groups = mapValues(securityGroups, (text) => text.split(',').map((name) => name.trim()));
  const fields = { flavor, image, count: counts, security_groups: groups };
  const tiers: Record<string, Fields> = {};
  for (const [field, byTier] of Object.entries(fields)) {
    for (const [tier, value] of Object.entries(byTier ?? {})) tiers[tier] = { ...tiers[tier], [field]: value };
  }
  return Object.keys(tiers).length === 0 ? undefined : tiers;
}

function networkFrom({ addSubnet, removeSubnet }: UpdateOptions): Fields | undefined {
  if (!addSubnet && !removeSubnet) return undefined;
  return { subnets: { ...addSubnet, ...Object.fromEntries((removeSubnet ?? []).map((name) => [name, null])) } };
}

/** @throws ExitWith (usage) */
export function wholeCount(tier: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new ExitWith(EXIT.usage, `${tier}=${text}: the number of servers must be a whole number`);
}

function mapValues<T>(pairs: Pairs | undefined, change: (text: string, name: string) => T) {
  return pairs && Object.fromEntries(Object.entries(pairs).map(([name, text]) => [name, change(text, name)]));
}

function compact(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Options go over the file, field by field. */
function merge(below: Fields, above: Fields): Fields {
  const merged: Record<string, unknown> = { ...below };
  for (const [name, value] of Object.entries(above)) {
    const beneath = merged[name];
    merged[name] = isMap(value) && isMap(beneath) ? merge(beneath, value) : value;
  }
  return merged;
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
