/**
 * A worker's sign of life, and the verdict on others.
 *
 * Each worker holds a session lock on its own id and renews a heartbeat. A worker is dead when its lock is free (its
 * process or host is gone: seen at once) or when its heartbeat is old (it hangs: seen after five seconds). A wrong verdict
 * costs nothing but one repeated step: the fence of the run keeps the ledger right.
 */

import pg from 'pg';
import type { Logger } from '../../ports/logger.ts';

const HEARTBEAT_MS = 1_000;
const DEAD_AFTER_MS = 5_000;

export interface WorkerPresence {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Whether another worker is dead; when it is, its lock is ours until `done` is called. */
  judge(workerId: string): Promise<{ dead: boolean; done: () => Promise<void> }>;
  /** Milliseconds since our own heartbeat was last accepted: how sure we may be that nobody took over. */
  sinceHeartbeat(): number;
}

export function createWorkerPresence(databaseUrl: string, workerId: string, log: Logger): WorkerPresence {
  let session: pg.Client | undefined;
  /** A session takes one query at a time; heartbeats and judgements queue up here. */
  let queue: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let lastBeat = 0;
  /** Since when our heartbeats go through without a break; after an outage everybody's heartbeat is old. */
  let steadySince = 0;

  const connect = async (): Promise<pg.Client> => {
    if (session) return session;
    const client = new pg.Client({ connectionString: databaseUrl, keepAlive: true });
    const drop = () => {
      if (session === client) session = undefined;
    };
    client.on('error', drop);
    client.on('end', drop);
    await client.connect();
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [workerId]);
    await client.query('insert into workers (id) values ($1) on conflict (id) do update set heartbeat_at = now()', [
      workerId,
    ]);
    session = client;
    return client;
  };
  const ask = <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[]): Promise<Row[]> => {
    const answer = queue.then(async () => (await (await connect()).query<Row>(text, [...values])).rows);
    queue = answer.catch(() => {
      // Whoever asked hears of it; the next one in the queue is served all the same.
    });
    return answer;
  };
  const beat = async (): Promise<void> => {
    const now = performance.now();
    try {
      await ask('update workers set heartbeat_at = now() where id = $1', [workerId]);
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
      const client = session;
      session = undefined;
      await client?.end();
    },
    async judge(other) {
      const rows = await ask<{ free: boolean; silent: boolean }>(
        `select pg_try_advisory_lock(hashtextextended($1, 0)) as free,
                coalesce((select heartbeat_at < now() - $2 * interval '1 millisecond' from workers where id = $1), true) as silent`,
        [other, DEAD_AFTER_MS],
      );
      const free = rows[0]?.free ?? false;
      const silent = (rows[0]?.silent ?? false) && performance.now() - steadySince > 2 * DEAD_AFTER_MS;
      const done = async () => {
        if (free) await ask('select pg_advisory_unlock(hashtextextended($1, 0))', [other]);
      };
      return { dead: free || silent, done };
    },
    sinceHeartbeat: () => performance.now() - lastBeat,
  };
}
