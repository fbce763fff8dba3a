/**
 * Whether this server can do its work: database, engine, and each region's reachability. An unreachable region does not
 * make the server unready: it still accepts, shows and deletes, and other regions work.
 */

import type { Readiness, ReadinessCheck } from '../contract/health.ts';
import type { AppDependencies } from './dependencies.ts';
import type { RegionHealth } from './region-health.ts';

export async function readiness({ store, engine }: AppDependencies, health: RegionHealth): Promise<Readiness> {
  const [database, engineCheck, regions] = await Promise.all([
    check(() => store.check()),
    check(() => engine.check()),
    health.list(),
  ]);
  const ok = database.ok && engineCheck.ok;
  return {
    status: ok ? 'ready' : 'not_ready',
    checks: {
      database,
      engine: engineCheck,
      regions: Object.fromEntries(
        regions.items.map(({ name, reachable, latency_ms, error }) => [
          name,
          { ok: reachable === true, detail: error ?? `reached in ${latency_ms} ms` },
        ]),
      ),
    },
  };
}

async function check(look: () => Promise<{ detail: string }>): Promise<ReadinessCheck> {
  try {
    return { ok: true, ...(await look()) };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
