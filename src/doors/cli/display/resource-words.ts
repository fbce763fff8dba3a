/**
 * The words for what happens to resources, the same in every display.
 */

import type { RunNode } from '../../../contract/run.ts';

type Action = RunNode['action'];

/** `openstack.router-interface` → `router interface`. */
export function nounOf(kind: string): string {
  return kind.slice(kind.indexOf('.') + 1).replaceAll(/[-_]/g, ' ');
}

/** `1 network, 3 subnets, 6 servers`, in the order of first appearance. */
export function countNouns(kinds: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const kind of kinds) counts.set(nounOf(kind), (counts.get(nounOf(kind)) ?? 0) + 1);
  return [...counts].map(([noun, count]) => `${count} ${count === 1 ? noun : `${noun}s`}`).join(', ');
}

/** `1 resource`, `14 resources`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

export function doing(action: Action): string {
  return action === 'present' ? 'creating' : 'deleting';
}

export function did(action: Action): string {
  return action === 'present' ? 'created' : 'deleted';
}

/** What a run is about, at the start of a sentence. */
export const RUN_WORDS: Readonly<
  Record<string, { readonly doing: string; readonly did: string; readonly noun: string }>
> = {
  deploy: { doing: 'Deploying', did: 'Deployed', noun: 'Deploy' },
  delete: { doing: 'Deleting', did: 'Deleted', noun: 'Delete' },
  rollback: { doing: 'Rolling back', did: 'Rolled back', noun: 'Rollback' },
};

export function runWords(kind: string): { doing: string; did: string; noun: string } {
  return RUN_WORDS[kind] ?? { doing: `Running ${kind} of`, did: `Finished ${kind} of`, noun: `Run ${kind}` };
}
