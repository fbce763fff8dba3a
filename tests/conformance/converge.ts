/** Bringing something to what is wanted of it, as runs do: look, one update, look again, until nothing differs. */

import type { JsonObject } from '../../src/domain/json.ts';
import type { Driver, ResourceRef } from '../../src/ports/driver.ts';
import { eventually, freeContext } from './sweep.ts';

/** As many as a run allows. */
const MOST_UPDATES = 6;

export interface Converged {
  /** How often the driver was asked to change it. */
  readonly updates: number;
  readonly outputs: JsonObject;
}

/**
 * @throws Error when only another object helps, or when six updates do not
 */
export async function converge(driver: Driver, ref: ResourceRef, outputs: JsonObject): Promise<Converged> {
  const { wanted } = ref;
  for (let updates = 0; ; updates += 1) {
    const look = await eventually(`${ref.mark.key} is at rest`, async () => {
      const observed = (await driver.observe([ref], freeContext())).get(ref.providerId);
      if (!observed) throw new Error(`${ref.mark.key} is gone`);
      const differences = driver.compare?.(wanted, observed, outputs) ?? [];
      const assessment = driver.assess(wanted, observed);
      const ready = differences.length === 0 && assessment.state === 'ready' ? assessment.outputs : undefined;
      return ready !== undefined || differences.length > 0 ? { observed, differences, ready } : undefined;
    });
    if (look.ready) return { updates, outputs: look.ready };
    const told = JSON.stringify(look.differences);
    if (look.differences.some(({ fix }) => fix === 'replace')) throw new Error(`only another one helps: ${told}`);
    if (updates === MOST_UPDATES) throw new Error(`not as wanted after ${updates} updates: ${told}`);
    await driver.update?.(ref, { wanted, ...look }, freeContext());
  }
}
