/**
 * The order in which a graph is gone through, the same for every engine.
 */

import { inDependencyOrder } from '../domain/plan.ts';
import type { GraphNode } from '../ports/engine.ts';

/**
 * Visits every node as soon as its predecessors' visits have ended, and tells it their results.
 * @throws what the first visit to fail throws; a node behind it is never visited
 */
export async function walkGraph<T>(
  nodes: readonly GraphNode[],
  visit: (key: string, predecessors: readonly T[]) => Promise<T>,
): Promise<void> {
  const visits = new Map<string, Promise<T>>();
  for (const { key, dependsOn } of inDependencyOrder(nodes)) {
    const predecessors = Promise.all(dependsOn.flatMap((name) => visits.get(name) ?? []));
    visits.set(
      key,
      predecessors.then((results) => visit(key, results)),
    );
  }
  await Promise.all(visits.values());
}
