/**
 * The plan of a configure run: one deed, the play of one playbook on the servers that stand now.
 */

import { type Durations, estimateFor } from './estimate.ts';
import type { JsonObject } from './json.ts';
import type { PlayInventory } from './play-inventory.ts';
import type { Plan } from './plan.ts';

/** Everything that a play depends on: stored with its run, so that it can begin anew, and be repeated with the same inputs. */
export interface PlayWanted extends JsonObject {
  /** Relative to the playbooks directory. */
  readonly playbook: string;
  readonly playbook_sha256: string;
  /** Digest of the files in the folders beside the playbook. */
  readonly beside_sha256: string;
  /** False: after a crash in the middle it must not begin anew by itself. */
  readonly idempotent: boolean;
  readonly inventory: PlayInventory;
  /** Secret values are sealed. */
  readonly extra_vars: JsonObject;
  readonly limit: string | null;
}

const KEY = 'playbook';
const KIND = 'ansible.playbook';

export function planConfigure(region: string, wanted: PlayWanted, durations: Durations): Plan {
  const node = {
    key: KEY,
    action: 'act',
    kind: KIND,
    region,
    wanted,
    dependsOn: [],
    ...estimateFor(durations, { region, kind: KIND, action: 'act' }),
  } as const;
  return { nodes: [node], failurePolicy: 'continue' };
}
