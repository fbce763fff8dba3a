/**
 * Which node of a run holds it up. Of all that could go on, it is the one that the cloud refuses, then the one that takes
 * longer than usual, then the one that most others wait for.
 */

import type { NodeAction, PlanNode } from './plan.ts';
import type { NodeState, RunPhase } from './deployment.ts';
import type { JsonObject } from './json.ts';

/** What is recorded of a node that has begun. */
export interface NodeFacts {
  readonly phase: RunPhase;
  readonly key: string;
  readonly kind: string;
  readonly action: NodeAction;
  readonly state: NodeState;
  readonly attempt: number;
  readonly detail: string | null;
  /** A Failure as JSON. */
  readonly error: JsonObject | null;
  readonly nextRetryAt: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

export interface Blocker {
  readonly node: PlanNode;
  /** Undefined when it has not begun. */
  readonly facts: NodeFacts | undefined;
  /** Nodes that cannot begin before it is done, directly or not. */
  readonly behind: readonly PlanNode[];
  /** The longest line of those, the last one first: each waits for the next, and the end of the line for the node. */
  readonly line: readonly PlanNode[];
}

/**
 * @param plan nodes of the current phase
 * @param facts of the same phase
 * @param isLate whether a node that has begun takes longer than usual
 * @returns undefined when every node has ended
 */
export function findBlocker(
  plan: readonly PlanNode[],
  facts: readonly NodeFacts[],
  isLate: (node: PlanNode, facts: NodeFacts) => boolean,
): Blocker | undefined {
  const factsOf = new Map(facts.map((one) => [one.key, one]));
  const open = plan.filter(({ key }) => !hasEnded(factsOf.get(key)));
  const isOpen = new Set(open.map(({ key }) => key));
  const lines = linesBehind(open);
  const candidates = open
    .filter((node) => !node.dependsOn.some((key) => isOpen.has(key)))
    .map((node) => ({ node, facts: factsOf.get(node.key), behind: behind(node.key, open) }));
  const rank = (one: (typeof candidates)[number]): number => {
    if (!one.facts) return 0;
    if (one.facts.error) return 3;
    return isLate(one.node, one.facts) ? 2 : 1;
  };
  const [first] = candidates.toSorted(
    (a, b) =>
      rank(b) - rank(a) ||
      b.behind.length - a.behind.length ||
      (a.facts?.startedAt ?? '~').localeCompare(b.facts?.startedAt ?? '~'),
  );
  return first && { ...first, line: (lines.get(first.node.key) ?? []).toReversed() };
}

function hasEnded(facts: NodeFacts | undefined): boolean {
  return facts !== undefined && ['done', 'failed', 'skipped'].includes(facts.state);
}

function behind(key: string, open: readonly PlanNode[]): PlanNode[] {
  const found = new Set<string>([key]);
  for (let size = 0; size !== found.size;) {
    size = found.size;
    for (const node of open) if (node.dependsOn.some((one) => found.has(one))) found.add(node.key);
  }
  return open.filter((node) => node.key !== key && found.has(node.key));
}

/** For each key the longest line of nodes that wait for it, the nearest first. */
function linesBehind(open: readonly PlanNode[]): Map<string, readonly PlanNode[]> {
  const lines = new Map<string, readonly PlanNode[]>();
  const lineOf = (key: string): readonly PlanNode[] => {
    const known = lines.get(key);
    if (known) return known;
    const waiting = open.filter(({ dependsOn }) => dependsOn.includes(key));
    const ways = waiting.map((node) => [node, ...lineOf(node.key)]);
    const longest = ways.toSorted((a, b) => b.length - a.length)[0] ?? [];
    lines.set(key, longest);
    return longest;
  };
  for (const { key } of open) lineOf(key);
  return lines;
}
