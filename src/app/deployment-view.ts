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
  return {
    ...summaryOf(view, now),
    resources: resourcesOf(view.resources),
    metadata,
    overrides,
    drift_policy: driftPolicy,
    budget,
    conditions: [...conditions],
  };
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
  const idOf = (key: string): string | null => facts.find((fact) => fact.key === key)?.providerId ?? null;
  const subnets = Object.fromEntries(
    named(facts, 'subnet').flatMap(([name, { providerId }]) => (providerId === null ? [] : [[name, providerId]])),
  );
  const servers = facts.filter((fact) => fact.key.startsWith('server/')).toSorted(byTierAndOrdinal);
  const ids = servers.flatMap(({ providerId }) => providerId ?? []);
  return {
    network_id: idOf('network'),
    subnet_ids: Object.values(subnets),
    subnets,
    router_id: idOf('router'),
    vm_ids: ids,
    vm_ips: Object.fromEntries(
      servers.flatMap(({ providerId, ip }) => (providerId !== null && ip !== null ? [[providerId, ip]] : [])),
    ),
    tiers: tiersOf(servers),
  };
}

function named(facts: readonly ResourceFacts[], noun: string): [string, ResourceFacts][] {
  return facts
    .filter((fact) => fact.key.startsWith(`${noun}/`))
    .map((fact): [string, ResourceFacts] => [fact.key.slice(noun.length + 1), fact])
    .toSorted(([a], [b]) => naturalOrder.compare(a, b));
}

function tiersOf(servers: readonly ResourceFacts[]): Record<string, TierMember[]> {
  const tiers: Record<string, TierMember[]> = {};
  for (const { key, providerId, name, ip, state } of servers) {
    const [, tier = '', ordinal = ''] = key.split('/');
    (tiers[tier] ??= []).push({ vm_id: providerId, name: name ?? '', ip, ordinal: Number(ordinal), state });
  }
  return tiers;
}

/** web/2 before web/10. Made once: making one costs more than comparing with it. */
const naturalOrder = new Intl.Collator('en', { numeric: true });

function byTierAndOrdinal(a: ResourceFacts, b: ResourceFacts): number {
  return naturalOrder.compare(a.key, b.key);
}
