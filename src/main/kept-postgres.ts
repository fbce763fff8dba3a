/**
 * The embedded PostgreSQL, kept running for as long as we run: when its process is gone it is started again, on the same
 * socket, and everything that waits for the database goes on.
 */

import type { Logger } from '../ports/logger.ts';
import { createReconciler } from '../reconcilers/reconciler.ts';
import { type HostFacts, startEmbeddedPostgres } from '../store/embedded-postgres.ts';
import { isAlive } from './is-alive.ts';

const LOOK_EVERY_MS = 1_000;

export interface KeptPostgres {
  /** Connection string for `pg`; the same after every start. */
  readonly url: string;
  /** Whether the first start found it running. */
  readonly adopted: boolean;
  stop(): Promise<void>;
}

/** @throws Error with a remedy when the first start fails; later ones are tried again */
export async function keepEmbeddedPostgres(options: {
  dataDir: string;
  host: HostFacts;
  log: Logger;
}): Promise<KeptPostgres> {
  const { log, ...place } = options;
  const first = await startEmbeddedPostgres(place);
  let running = first;
  const keeper = createReconciler({
    name: 'embedded PostgreSQL',
    everyMs: LOOK_EVERY_MS,
    log,
    async deed() {
      if (isAlive(running.pid)) return false;
      log.warn({ pid: running.pid }, 'the embedded PostgreSQL is gone; starting it again');
      running = await startEmbeddedPostgres(place);
      return false;
    },
  });
  keeper.start();
  return {
    url: first.url,
    adopted: first.adopted,
    async stop() {
      await keeper.stop();
      await running.stop();
    },
  };
}
