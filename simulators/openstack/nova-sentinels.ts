/**
 * Faults that a test asks for inside the request itself, by flavor, metadata or name; listed in the README.
 *
 * The `oslab:` metadata are those of the test cloud this simulator imitates, so that a test may ask both the same way.
 */
import type { Cloud } from './cloud.ts';
import { refuse } from './nova-errors.ts';
import type { Doom, FlavorRow } from './rows.ts';

export interface Fate {
  readonly doom: Doom | null;
  readonly extra_delay: number;
  readonly failing_deletes: number;
}

/** Throws at once for names that ask for a refusal. */
export function refuseBySentinel(name: string): void {
  if (name.includes('sim-quota'))
    throw refuse(403, 'Quota exceeded for instances: Requested 1, but already used 10 of 10 instances');
  if (name.includes('sim-forbidden'))
    throw refuse(403, "Policy doesn't allow os_compute_api:servers:create to be performed.");
}

/** Decides at the POST how a server will fare. */
export function fateOf(
  cloud: Cloud,
  name: string,
  flavor: FlavorRow,
  metadata: Readonly<Record<string, string>>,
): Fate {
  const told = cloud.faults.inLife('spawn', name);
  return {
    doom: told?.spawn_fail ?? doomOf(name, flavor, metadata['oslab:spawn_fail']),
    extra_delay:
      (told?.spawn_delay_ms ?? 0) + Number(metadata['oslab:spawn_delay'] ?? 0) * 1000 + slowness(cloud, name),
    failing_deletes: name.includes('sim-destroyfail') ? 1 : 0,
  };
}

function doomOf(name: string, flavor: FlavorRow, spawnFail: string | undefined): Doom | null {
  if (flavor.name === 'oslab.toobig' || name.includes('sim-novalidhost')) return 'novalidhost';
  if (spawnFail !== undefined) return spawnFail === 'reschedule' ? 'reschedule' : 'abort';
  if (name.includes('sim-latequota')) return 'quota';
  if (name.includes('sim-error')) return 'abort';
  return name.includes('sim-stuck') ? 'stuck' : null;
}

function slowness(cloud: Cloud, name: string): number {
  const slow = /sim-slow(?:-(\d+))?/.exec(name);
  if (slow === null) return 0;
  return slow[1] === undefined ? cloud.options.slow : Number(slow[1]);
}
