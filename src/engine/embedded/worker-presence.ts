/**
 * A worker's sign of life, and the verdict on others.
 *
 * Each worker holds a session lock on its own id and renews a heartbeat. A worker is dead when its lock is free (its
 * process or host is gone: seen at once) or when its heartbeat is old (it hangs: seen after five seconds). A wrong verdict
 * costs nothing but one repeated step: the fence of the run keeps the ledger right.
 */

import type { Logger } from '../../ports/logger.ts';
import { WorkerSession } from './worker-session.ts';

const HEARTBEAT_MS = 1_000;
/** Silence after which a worker counts as dead. */
export const DEAD_AFTER_MS = 5_000;

export interface WorkerPresence {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Whether another worker is dead; when it is, its lock is ours until `done` is called. */
  judge(workerId: string): Promise<{ dead: boolean; done: () => Promise<void> }>;
  /** Milliseconds since our own heartbeat was last accepted. */
  sinceHeartbeat(): number;
}

export function createWorkerPresence(databaseUrl: string, workerId: string, log: Logger): WorkerPresence {
  const session = new WorkerSession(databaseUrl, workerId);
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let lastBeat = 0;
  /** Since when our heartbeats go through without a break; after an outage everybody's heartbeat is old. */
  let steadySince = 0;

  const beat = async (): Promise<void> => {
    const now = performance.now();
    try {
      await session.ask('update workers set heartbeat_at = now() where id = $1', [workerId]);
      if (now - lastBeat > DEAD_AFTER_MS) steadySince = now;
      lastBeat = now;
    } catch (error) {
      log.warn({ err: error }, 'the heartbeat could not be written');
    }
  };
  const loop = async (): Promise<void> => {
    await beat();
    if (!stopped) timer = setTimeout(() => void loop(), HEARTBEAT_MS);
  };

  return {
    start: loop,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await session.close();
    },
    async judge(other) {
      const { free, silent } = await lookAt(session, other);
      const steady = performance.now() - steadySince > 2 * DEAD_AFTER_MS;
      const done = async (): Promise<void> => {
        if (free) await session.ask('select pg_advisory_unlock(hashtextextended($1, 0))', [other]);
      };
      return { dead: free || (silent && steady), done };
    },
    sinceHeartbeat: () => performance.now() - lastBeat,
  };
}

async function lookAt(session: WorkerSession, other: string): Promise<{ free: boolean; silent: boolean }> {
  const [row] = await session.ask<{ free: boolean; silent: boolean }>(
    `select pg_try_advisory_lock(hashtextextended($1, 0)) as free,
            coalesce((select heartbeat_at < now() - $2 * interval '1 millisecond' from workers where id = $1), true) as silent`,
    [other, DEAD_AFTER_MS],
  );
  return row ?? { free: false, silent: false };
}
