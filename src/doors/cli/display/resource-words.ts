/**
 * The words for what happens to resources, the same in every display.
 */

import type { PlanNode } from '../../../contract/deployment.ts';
import type { RunNode } from '../../../contract/run.ts';
import type { Color } from './terminal-text.ts';

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

/** What is done to a resource, in the words of a plan. */
export type Deed = PlanNode['does'];

interface DeedWords {
  /** One cell that tells it apart without any colour. */
  readonly sign: string;
  readonly color: Color;
  readonly doing: string;
  readonly did: string;
}

export const DEEDS: Readonly<Record<Deed, DeedWords>> = {
  create: { sign: '+', color: 'green', doing: 'creating', did: 'created' },
  'update in place': { sign: '~', color: 'yellow', doing: 'changing', did: 'changed' },
  replace: { sign: '±', color: 'red', doing: 'replacing', did: 'replaced' },
  delete: { sign: '-', color: 'red', doing: 'deleting', did: 'deleted' },
  run: { sign: '>', color: 'cyan', doing: 'running', did: 'done' },
};

const DEED_OF = { present: 'create', update: 'update in place', absent: 'delete', act: 'run' } as const;

/** What an action does, as far as the action alone tells: a replacement looks like a creation. */
export function deedOf(action: unknown, otherwise: RunNode['action'] = 'present'): Deed {
  const known = typeof action === 'string' && Object.hasOwn(DEED_OF, action);
  return DEED_OF[known ? (action as RunNode['action']) : otherwise]; // it is one of the table's keys
}

export function doing(deed: Deed): string {
  return DEEDS[deed].doing;
}

export function did(deed: Deed): string {
  return DEEDS[deed].did;
}

/** What a run is about, at the start of a sentence. */
export const RUN_WORDS: Readonly<
  Record<string, { readonly doing: string; readonly did: string; readonly noun: string }>
> = {
  deploy: { doing: 'Deploying', did: 'Deployed', noun: 'Deploy' },
  delete: { doing: 'Deleting', did: 'Deleted', noun: 'Delete' },
  rollback: { doing: 'Rolling back', did: 'Rolled back', noun: 'Rollback' },
  scale: { doing: 'Scaling', did: 'Scaled', noun: 'Scaling' },
  update: { doing: 'Updating', did: 'Updated', noun: 'Update' },
  configure: { doing: 'Configuring', did: 'Configured', noun: 'Configuring' },
  heal: { doing: 'Healing', did: 'Healed', noun: 'Healing' },
};

export function runWords(kind: string): { doing: string; did: string; noun: string } {
  return RUN_WORDS[kind] ?? { doing: `Running ${kind} of`, did: `Finished ${kind} of`, noun: `Run ${kind}` };
}

/** What a run of this kind counts. */
export function unitOf(kind: unknown): string {
  return kind === 'configure' ? 'play' : 'resource';
}
