/**
 * Drift: where the cloud is no longer as the ledger says. Three things are held against each other: what is wanted (the
 * ledger's row), what was last known (its outputs) and what is really there. Pure: looking is done elsewhere.
 *
 * A finding belongs to one object. Its differences say all that is wrong with it; its type names the worst of them.
 */

import type { NewCondition } from './condition.ts';
import type { Difference } from './difference.ts';
import type { Json, JsonObject } from './json.ts';
import type { Resource } from './resource.ts';

/** From the worst on. */
export const FINDING_TYPES = [
  /** The ledger's object does not exist. */
  'missing',
  /** A server is not running. */
  'stopped',
  'flavor',
  /** What connects it is gone: an interface of a router, a port of a server. */
  'detached',
  'addresses',
  'metadata',
  /** Anything else. */
  'changed',
  /** An object carries the owner's mark and is not in the ledger. */
  'extra',
] as const;
export type FindingType = (typeof FINDING_TYPES)[number];

/** What the ledger knows of a resource whose deployment is at rest. */
export type DriftSubject = Pick<
  Resource,
  'owner' | 'key' | 'generation' | 'kind' | 'state' | 'providerId' | 'wanted' | 'outputs'
>;

export interface Finding {
  /** Id of the deployment. */
  readonly owner: string;
  readonly key: string;
  readonly kind: string;
  /** Of the object that is meant; empty while the ledger does not know it. */
  readonly providerId: string;
  readonly type: FindingType;
  /** At least one. */
  readonly differences: readonly Difference[];
}

export interface RecordedFinding extends Finding {
  /** Differences that a person accepted: neither reported nor healed until they change again. */
  readonly accepted: readonly Difference[];
  /** RFC 3339; since when it has had this type. */
  readonly firstSeen: string;
  readonly lastSeen: string;
}

type Compare = (wanted: JsonObject, real: JsonObject, outputs: JsonObject) => readonly Difference[];

/**
 * @param real what is there; undefined when two looks did not find it
 * @param compare of the resource's driver; without one only a missing object is noticed
 */
export function findingOf(
  subject: DriftSubject,
  real: JsonObject | undefined,
  compare: Compare = () => [],
): Finding | undefined {
  const { owner, key, kind } = subject;
  const providerId = subject.providerId ?? '';
  const finding = (type: FindingType, differences: readonly Difference[]): Finding => ({
    ...{ owner, key, kind, providerId },
    type,
    differences,
  });
  if (subject.state === 'creating' || subject.state === 'deleting') {
    return finding('changed', [{ field: 'state', wanted: 'present', actual: subject.state, fix: 'replace' }]);
  }
  if (real === undefined) return finding(isConnection(kind) ? 'detached' : 'missing', [gone(providerId)]);
  const differences = compare(subject.wanted, real, subject.outputs);
  return differences.length === 0 ? undefined : finding(worst(differences), differences);
}

/** @param object carries the mark of a deployment whose ledger does not know it */
export function extraFinding(object: Omit<Finding, 'type' | 'differences'>): Finding {
  const differences: Difference[] = [{ field: 'id', wanted: null, actual: object.providerId, fix: 'update' }];
  return { ...object, type: 'extra', differences };
}

/** Whether the object itself is no longer there. */
export function isGone({ type, differences }: Pick<Finding, 'type' | 'differences'>): boolean {
  return type !== 'extra' && differences.some(({ field, actual }) => field === 'id' && actual === null);
}

function gone(providerId: string): Difference {
  return { field: 'id', wanted: providerId, actual: null, fix: 'replace' };
}

/** Such an object is a connection of two others and nothing else, so that its end is called a detachment. */
function isConnection(kind: string): boolean {
  return kind.endsWith('.router-interface');
}

const TYPE_OF_FIELD: readonly (readonly [RegExp, FindingType])[] = [
  [/^(status|power_state)$/, 'stopped'],
  [/^flavor/, 'flavor'],
  [/^(interfaces?|ports?|router_id|subnet_id|network_id|attached)\b/, 'detached'],
  [/^(fixed_ips?|ips?|address(es)?)\b/, 'addresses'],
  [/^metadata\b/, 'metadata'],
];

function worst(differences: readonly Difference[]): FindingType {
  const types = differences.map(({ field }) => TYPE_OF_FIELD.find(([words]) => words.test(field))?.[1] ?? 'changed');
  return FINDING_TYPES.find((type) => types.includes(type)) ?? 'changed';
}

/** The differences that nobody has accepted; one that changed since is a new one. */
export function openDifferences({ differences, accepted }: Pick<RecordedFinding, 'differences' | 'accepted'>) {
  const known = new Set(accepted.map(identity));
  return differences.filter((difference) => !known.has(identity(difference)));
}

export function isAccepted(finding: Pick<RecordedFinding, 'differences' | 'accepted'>): boolean {
  return openDifferences(finding).length === 0;
}

function identity({ field, wanted, actual }: Difference): string {
  return canonical([field, wanted, actual]);
}

/** One text for equal values: a database may give keys back in another order. */
function canonical(value: Json): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

export interface DriftChange {
  /** All findings that stand now. */
  readonly standing: readonly RecordedFinding[];
  /** Those of them that are new or different, and not accepted: to be told. */
  readonly detected: readonly RecordedFinding[];
  /** Those that were there before and are not any more. */
  readonly cleared: readonly RecordedFinding[];
}

/**
 * What a look has changed.
 * @param recorded what the look before has left
 * @param at time of the look, RFC 3339
 */
export function compareFindings(
  recorded: readonly RecordedFinding[],
  found: readonly Finding[],
  at: string,
): DriftChange {
  const before = new Map(recorded.map((finding) => [placeOf(finding), finding]));
  const standing = found.map((finding) => continued(finding, before.get(placeOf(finding)), at));
  const places = new Set(found.map(placeOf));
  const isNews = (finding: RecordedFinding): boolean => {
    const old = before.get(placeOf(finding));
    return !isAccepted(finding) && (old === undefined || !sameOpen(old, finding));
  };
  return {
    standing,
    detected: standing.filter(isNews),
    cleared: recorded.filter((finding) => !places.has(placeOf(finding))),
  };
}

/** What was accepted stays so only while it is seen: a difference that went away and comes back is a new one. */
function continued(finding: Finding, old: RecordedFinding | undefined, at: string): RecordedFinding {
  const { owner, key, kind, providerId, type, differences } = finding;
  const seen = new Set(differences.map(identity));
  return {
    ...{ owner, key, kind, providerId, type, differences },
    accepted: old?.accepted.filter((difference) => seen.has(identity(difference))) ?? [],
    firstSeen: old?.type === type ? old.firstSeen : at,
    lastSeen: at,
  };
}

function placeOf({ owner, key, providerId }: Finding): string {
  return `${owner} ${key} ${providerId}`;
}

function sameOpen(one: RecordedFinding, other: RecordedFinding): boolean {
  const of = (finding: RecordedFinding): string => canonical(openDifferences(finding).map(identity).toSorted());
  return one.type === other.type && of(one) === of(other);
}

/** Keys named in one sentence; a longer list is counted. */
const MOST_NAMED = 3;

/** @param findings of one deployment */
export function driftCondition(findings: readonly RecordedFinding[]): NewCondition {
  const open = findings.filter((finding) => !isAccepted(finding));
  if (open.length === 0) {
    return { type: 'Drifted', status: 'False', reason: 'InStep', message: 'the cloud is as the ledger says' };
  }
  const named = open
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .slice(0, MOST_NAMED)
    .map((finding) => `${finding.key} ${phraseOf(finding)}`);
  const more = open.length > MOST_NAMED ? `, and ${open.length - MOST_NAMED} more` : '';
  return { type: 'Drifted', status: 'True', reason: 'DriftFound', message: `${named.join(', ')}${more}` };
}

function phraseOf(finding: RecordedFinding): string {
  if (finding.type === 'extra') return `exists twice (${finding.providerId})`;
  if (isGone(finding)) return `is ${finding.type}`;
  const [first] = openDifferences(finding);
  if (!first) return 'differs';
  return `has ${first.field} ${said(first.actual)} instead of ${said(first.wanted)}`;
}

function said(value: Json): string {
  if (value === null) return 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
