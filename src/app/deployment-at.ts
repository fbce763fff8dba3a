/**
 * A deployment as it was, from its events: the last of what a view showed of it and of its run, the resources as their
 * events left them, and the nodes of the run counted by their events.
 */

import type { RunCounts } from '../ports/run-store.ts';
import type { DeploymentView, HistoricEvent, ResourceFacts } from '../ports/store.ts';

/**
 * @param history all events until then, in order
 * @returns undefined before its creation
 */
export function deploymentAt(history: readonly HistoricEvent[]): DeploymentView | undefined {
  const last = history.at(-1);
  const shown = history.findLast((event) => event.shown !== null)?.shown;
  if (!last || !shown) return undefined;
  return {
    deployment: { ...shown.deployment, updatedAt: last.at },
    run: shown.run && { ...shown.run, ...countNodes(history, shown.run) },
    resources: resourcesAfter(history),
  };
}

function resourcesAfter(history: readonly HistoricEvent[]): ResourceFacts[] {
  const facts = new Map<string, ResourceFacts>();
  for (const { key, data } of history) {
    const resource = data['resource'] as ResourceData | undefined; // written by the ledger
    if (key === null || !resource) continue;
    if (resource.state === 'deleted') facts.delete(key);
    else {
      const { state, provider_id: providerId = null, name = null, ip = null } = resource;
      facts.set(key, { key, state, providerId, name, ip });
    }
  }
  return [...facts.values()];
}

interface ResourceData {
  readonly state: ResourceFacts['state'] | 'deleted';
  readonly provider_id?: string;
  readonly name?: string;
  readonly ip?: string;
}

function countNodes(
  history: readonly HistoricEvent[],
  run: Pick<RunCounts, 'id' | 'phase'>,
): Pick<RunCounts, 'done' | 'failed'> {
  const states = new Map<string, string>();
  for (const { type, key, runId, data } of history) {
    if (key !== null && runId === run.id && data['phase'] === run.phase) states.set(key, type);
  }
  const count = (type: string): number => [...states.values()].filter((one) => one === type).length;
  return { done: count('node.done'), failed: count('node.failed') };
}
