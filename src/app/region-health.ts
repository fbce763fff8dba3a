/**
 * Whether the clouds can be reached. A region is asked when somebody wants to know and the last answer is older than some
 * seconds; all who ask meanwhile share the question.
 */

import type { Region as RegionShape, RegionList } from '../contract/region.ts';
import type { Region } from '../ports/driver.ts';
import type { Regions } from './dependencies.ts';

const FRESH_MS = 5_000;
const PATIENCE_MS = 10_000;

export interface RegionHealth {
  list(): Promise<RegionList>;
  /** @returns undefined when the region is not configured or says nothing within the time */
  reach(name: string, patienceMs: number): Promise<RegionShape | undefined>;
}

export function createRegionHealth(regions: Regions): RegionHealth {
  const answers = new Map<string, { since: number; answer: Promise<RegionShape> }>();
  const ask = (region: Region): Promise<RegionShape> => {
    const known = answers.get(region.name);
    if (known && performance.now() - known.since < FRESH_MS) return known.answer;
    const answer = lookAt(region);
    answers.set(region.name, { since: performance.now(), answer });
    return answer;
  };
  return {
    async list() {
      const byName = regions.all.toSorted((a, b) => a.name.localeCompare(b.name));
      return { items: await Promise.all(byName.map(ask)) };
    },
    async reach(name, patienceMs) {
      const region = regions.get(name);
      return region && withinTime(ask(region), patienceMs);
    },
  };
}

async function withinTime<T>(answer: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

/** Never throws: what cannot be reached is an answer. */
async function lookAt(region: Region): Promise<RegionShape> {
  const { name, provider } = region;
  const checked_at = new Date().toISOString();
  try {
    const { latencyMs, detail } = await region.ping(AbortSignal.timeout(PATIENCE_MS));
    return {
      name,
      provider,
      reachable: true,
      latency_ms: Math.round(latencyMs * 10) / 10,
      detail,
      error: null,
      checked_at,
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { name, provider, reachable: false, latency_ms: null, detail: {}, error: message, checked_at };
  }
}
