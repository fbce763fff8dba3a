/**
 * A deployment as the contract shows it, from what the store holds.
 */

import type {
  Deployment as DeploymentShape,
  DeploymentSummary,
  Progress,
  Resources,
  TierMember,
} from '../contract/deployment.ts';
import type { RunCounts } from '../ports/run-store.ts';
import type { DeploymentWithProgress, ResourceFacts } from '../ports/store.ts';

/** @param now milliseconds since the epoch */
export function summaryOf({ deployment: d, run }: DeploymentWithProgress, now: number): DeploymentSummary {
  return {
    id: d.id,
    name: d.name,
    status: d.status,
    template: d.templateName,
    template_version: d.templateVersion,
    cloud_region: d.region,
    parameters: d.parameters,
    failure_policy: d.failurePolicy,
    expires_at: d.expiresAt,
    progress: run && progressOf(run, now),
    error: d.error,
    created_at: d.createdAt,
    updated_at: d.updatedAt,
  };
}

export function deploymentOf(
  view: DeploymentWithProgress & { readonly resources: readonly ResourceFacts[] },
  now: number,
): DeploymentShape {
  const { metadata, conditions, overrides, driftPolicy, budget } = view.deployment;
  // Spread into a literal, an object of so many fields takes V8 three times as long as all the rest of a view.
  return Object.assign(summaryOf(view, now), {
    resources: resourcesOf(view.resources),
    metadata,
    overrides,
    drift_policy: driftPolicy,
    budget,
    conditions: [...conditions],
  });
}

function progressOf(run: RunCounts, now: number): Progress {
  const { id, kind, status, phase, done, total, failed } = run;
  return { run_id: id, run_kind: kind, run_status: status, phase, done, total, failed, eta_ms: etaMs(run, now) };
}

/** Expected milliseconds until the end: the estimate less the time gone; null once it is exceeded or nothing runs. */
function etaMs({ startedAt, estimatedMs, status }: RunCounts, now: number): number | null {
  if (status === 'pending') return estimatedMs;
  if (startedAt === null || status !== 'running') return null;
  const left = estimatedMs - (now - Date.parse(startedAt));
  return left > 0 ? Math.round(left) : null;
}

function resourcesOf(facts: readonly ResourceFacts[]): Resources {
  const places = facts.map(placeOf).sort(byPlace);
  const subnets: Record<string, string> = {};
  const ips: Record<string, string> = {};
  const tiers = new Map<string, TierMember[]>();
  const ids: string[] = [];
  for (const { noun, name, ordinal, fact } of places) {
    const { providerId, ip, state } = fact;
    if (noun === 'subnet' && providerId !== null) subnets[name] = providerId;
    if (noun !== 'server') continue;
    const member = { vm_id: providerId, name: fact.name ?? '', ip, ordinal, state };
    const tier = tiers.get(name);
    if (tier) tier.push(member);
    else tiers.set(name, [member]);
    if (providerId === null) continue;
    ids.push(providerId);
    if (ip !== null) ips[providerId] = ip;
  }
  const idOf = (key: string): string | null => facts.find((fact) => fact.key === key)?.providerId ?? null;
  return {
    network_id: idOf('network'),
    subnet_ids: Object.values(subnets),
    subnets,
    router_id: idOf('router'),
    vm_ids: ids,
    vm_ips: ips,
    tiers: Object.fromEntries(tiers),
  };
}

/** A key in its parts: `server/web/2`, `subnet/db`, `network`. */
interface Place {
  readonly noun: string;
  readonly name: string;
  readonly ordinal: number;
  readonly fact: ResourceFacts;
}

function placeOf(fact: ResourceFacts): Place {
  const [noun = '', name = '', ordinal] = fact.key.split('/');
  return { noun, name, ordinal: Number(ordinal ?? 0), fact };
}

/** Not by the language's order, which takes longer than all the rest. */
function byPlace(a: Place, b: Place): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.ordinal - b.ordinal;
}
