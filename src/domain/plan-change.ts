/**
 * The one planner: from what stands (the ledger) to what is wanted (a configuration). A deploy is this on an empty ledger; a
 * scale, an update, a retry, a heal and the way back from a change that failed are this on another ledger or configuration.
 *
 * For every resource it decides: make it, change it in place, put another in its place, leave it, remove it. What others
 * stand on comes first, removals come last, and servers that a change takes out of service go a few at a time.
 */

import { saysTheSame } from './says-the-same.ts';
import { type Durations, estimateFor } from './estimate.ts';
import type { Json, JsonObject } from './json.ts';
import { layOutDeployment, type WantedResource } from './lay-out-deployment.ts';
import { type FailurePolicy, type FieldChange, type Plan, type PlanNode, inDependencyOrder } from './plan.ts';
import { planDelete } from './plan-removal.ts';
import { type Resource, tryResolve } from './resource.ts';
import type { TemplateBody } from './template.ts';

export interface DeploymentToPlan {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  /** Provider of the region: the first part of every kind. */
  readonly provider: string;
  readonly failurePolicy: FailurePolicy;
}

/** What is known when a plan is made. */
export interface Known {
  /** The living resources of the deployment. */
  readonly ledger: readonly Resource[];
  readonly durations: Durations;
  /** Fields of a kind that can be changed on a living object. */
  readonly updatable: (kind: string) => readonly string[];
  /** Why a resource does not stand although the ledger says so, by key: another has to take its place. */
  readonly broken?: ReadonlyMap<string, string>;
  /** Why a resource is not as the ledger says, by key: it is brought back in place. */
  readonly drifted?: ReadonlyMap<string, string>;
  /** How many servers of a tier a change may take out of service at the same time; default 1. */
  readonly maxUnavailable?: number;
}

/** @param config a template with all parameters merged in and found valid */
export function planChange(deployment: DeploymentToPlan, config: TemplateBody, known: Known): Plan {
  const wanted = layOutDeployment(deployment, config, known.ledger);
  const standing = new Map(known.ledger.filter(({ state }) => state !== 'deleted').map((row) => [row.key, row]));
  const decisions = decideAll(deployment, wanted, standing, known);
  const making = inTurns(decisions, known.maxUnavailable ?? 1).map((decision) =>
    nodeOf(deployment, decision, decisions, known.durations),
  );
  const wantedKeys = new Set(wanted.map(({ key }) => key));
  const removing = removals(known, (key) => wantedKeys.has(key), making);
  return { nodes: inDependencyOrder([...making, ...removing]), failurePolicy: deployment.failurePolicy };
}

interface Decision {
  readonly resource: WantedResource;
  readonly does: 'make' | 'update' | 'replace' | 'nothing';
  /** What stands under the key. */
  readonly standing?: Resource;
  readonly reason?: string;
  readonly changes?: readonly FieldChange[];
  /** It is in service until this is done to it. */
  readonly disrupts?: boolean;
  /** Keys of others of its tier whose turn is before. */
  readonly after?: readonly string[];
}

function decideAll(
  { provider }: DeploymentToPlan,
  wanted: readonly WantedResource[],
  standing: ReadonlyMap<string, Resource>,
  known: Known,
): Map<string, Decision> {
  const decisions = new Map<string, Decision>();
  // What a resource stands on comes before it in the layout.
  for (const resource of inDependencyOrder(wanted.map((one) => ({ ...one, dependsOn: one.builtUpon })))) {
    const updatable = known.updatable(`${provider}.${resource.noun}`);
    decisions.set(resource.key, decide(resource, { standing, decisions, updatable, known }));
  }
  return decisions;
}

interface Ground {
  readonly standing: ReadonlyMap<string, Resource>;
  /** About what it stands on. */
  readonly decisions: ReadonlyMap<string, Decision>;
  readonly updatable: readonly string[];
  readonly known: Known;
}

function decide(resource: WantedResource, { standing, decisions, updatable, known }: Ground): Decision {
  const row = standing.get(resource.key);
  if (!row) return { resource, does: 'make' };
  const replaced = (reason: string): Decision => ({ resource, does: 'replace', standing: row, reason });
  const lost = whyLost(row, decisions, known);
  if (lost !== undefined) return replaced(lost);
  const changes = changesBetween(
    row.wanted,
    tryResolve(resource.wanted, (key) => standing.get(key)),
  );
  const fixed = changes.filter(({ field }) => !updatable.includes(fieldOf(field)));
  if (fixed.length > 0) {
    const names = fixed.map(({ field }) => field).join(', ');
    return { ...replaced(`${names} cannot be changed on a living ${resource.noun}`), changes, disrupts: true };
  }
  const drifted = known.drifted?.get(resource.key);
  const unfinished = row.state === 'updating' ? 'a change of it was begun and not finished' : drifted;
  if (changes.length === 0 && unfinished === undefined) return { resource, does: 'nothing', standing: row };
  const disrupts = changes.some(({ field }) => field === 'flavor');
  return {
    resource,
    does: 'update',
    standing: row,
    changes,
    disrupts,
    ...(unfinished === undefined ? {} : { reason: unfinished }),
  };
}

/** Why what stands is of no use, whatever is wanted of it. */
function whyLost(row: Resource, decisions: ReadonlyMap<string, Decision>, known: Known): string | undefined {
  if (row.state === 'creating') return 'it was begun and not finished';
  if (row.state === 'deleting') return 'its removal was begun';
  const moved = row.dependsOn.find((key) => ['make', 'replace'].includes(decisions.get(key)?.does ?? ''));
  return known.broken?.get(row.key) ?? (moved === undefined ? undefined : `it stands on ${moved}, which is made anew`);
}

/** `metadata.role` is a matter of `metadata`. */
function fieldOf(path: string): string {
  return path.split('.', 1)[0] ?? path;
}

function changesBetween(from: JsonObject, to: JsonObject): FieldChange[] {
  const fields = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  return fields.flatMap((field) => {
    const [before, after] = [from[field] ?? null, to[field] ?? null];
    if (saysTheSame(before, after)) return [];
    if (isObject(before) && isObject(after))
      return changesBetween(before, after).map((change) => ({ ...change, field: `${field}.${change.field}` }));
    return [{ field, from: before, to: after }];
  });
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Servers of a tier that are in service and will not be for a while wait for those before them. */
function inTurns(decisions: ReadonlyMap<string, Decision>, atOnce: number): Decision[] {
  const queues = new Map<string, string[]>();
  return [...decisions.values()].flatMap((decision): Decision[] => {
    if (decision.does === 'nothing') return [];
    const { tier, key } = decision.resource;
    if (tier === undefined || decision.disrupts !== true) return [decision];
    const queue = queues.get(tier) ?? [];
    queues.set(tier, queue);
    queue.push(key);
    const before = queue.at(-1 - atOnce);
    return [before === undefined ? decision : { ...decision, after: [before] }];
  });
}

function nodeOf(
  deployment: DeploymentToPlan,
  { resource, does, standing, reason, changes = [], after = [] }: Decision,
  decisions: ReadonlyMap<string, Decision>,
  durations: Durations,
): PlanNode {
  const { key, noun, wanted, builtUpon } = resource;
  const { region } = deployment;
  const kind = `${deployment.provider}.${noun}`;
  const action = does === 'update' ? 'update' : 'present';
  const inPlan = builtUpon.filter((one) => decisions.get(one)?.does !== 'nothing');
  const estimate = estimateFor(durations, { region, kind, action });
  const removal = does === 'replace' ? estimateFor(durations, { region, kind, action: 'absent' }).estimateMs : 0;
  return {
    key,
    action,
    kind,
    region,
    wanted,
    dependsOn: [...inPlan, ...after],
    ...(inPlan.length === builtUpon.length && after.length === 0 ? {} : { builtUpon }),
    ...(does === 'replace' && standing ? { replaces: standing.generation } : {}),
    ...(reason === undefined ? {} : { reason }),
    ...(changes.length === 0 ? {} : { changes }),
    ...estimate,
    estimateMs: estimate.estimateMs + removal,
  };
}

/** What stands and is not wanted goes last, so that a change that fails before has taken nothing away. */
function removals(
  { ledger, durations }: Known,
  isWanted: (key: string) => boolean,
  making: readonly PlanNode[],
): PlanNode[] {
  const going = ledger.filter(({ key }) => !isWanted(key));
  const first = making.map(({ key }) => key);
  return planDelete(going, durations).nodes.map((node) => ({
    ...node,
    dependsOn: [...node.dependsOn, ...first],
    reason: 'it is not wanted any more',
  }));
}
