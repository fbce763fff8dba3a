/**
 * The one database session that a worker keeps for as long as it lives: it holds the lock on the worker's id, and the lock
 * is free when the session ends, however the process ends. A session takes one query at a time, so questions queue up.
 */

import pg from 'pg';

export class WorkerSession {
  readonly #databaseUrl: string;
  readonly #workerId: string;
  #client: pg.Client | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(databaseUrl: string, workerId: string) {
    this.#databaseUrl = databaseUrl;
    this.#workerId = workerId;
  }

  /** Connects (again) and takes the lock when that is needed. @throws the driver's error when the database is away */
  ask<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[]): Promise<Row[]> {
    const answer = this.#queue.then(async () => (await (await this.#connected()).query<Row>(text, [...values])).rows);
    this.#queue = answer.catch(() => {
      // Whoever asked hears of it; the next one in the queue is served all the same.
    });
    return answer;
  }

  async close(): Promise<void> {
    await this.#queue;
    await this.#client?.end();
  }

  async #connected(): Promise<pg.Client> {
    if (this.#client) return this.#client;
    const client = new pg.Client({ connectionString: this.#databaseUrl, keepAlive: true });
    const drop = (): void => {
      if (this.#client === client) this.#client = undefined;
    };
    client.on('error', drop);
    client.on('end', drop);
    await client.connect();
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [this.#workerId]);
    await client.query('insert into workers (id) values ($1) on conflict (id) do update set heartbeat_at = now()', [
      this.#workerId,
    ]);
    this.#client = client;
    return client;
  }
}
