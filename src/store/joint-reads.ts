/**
 * Quick reads that are asked for in one turn of the event loop share a connection: they are sent together, and answered in
 * their order. A statement that may wait, for a lock or because it has much to read, has no place here: the others would
 * wait behind it.
 */

import type pg from 'pg';

/** So many go one after the other before another connection is quicker. */
const MOST_ON_ONE = 8;

interface Carrier {
  readonly client: Promise<pg.PoolClient>;
  taken: number;
  underWay: number;
  fault?: Error;
}

/** @returns a function like `pool.query` */
export function joinReads(pool: pg.Pool): (query: pg.QueryConfig) => Promise<pg.QueryResult> {
  let boarding: Carrier | undefined;

  const board = (): Carrier => {
    if (boarding && boarding.taken < MOST_ON_ONE) return boarding;
    const carrier: Carrier = { client: pool.connect(), taken: 0, underWay: 0 };
    boarding = carrier;
    setImmediate(() => {
      if (boarding === carrier) boarding = undefined;
    });
    return carrier;
  };

  return async (query) => {
    const carrier = board();
    carrier.taken += 1;
    carrier.underWay += 1;
    const client = await carrier.client;
    try {
      return await client.query(query);
    } catch (error) {
      // As pg's own pool does it: after a fault of whatever kind the connection is not used again.
      carrier.fault = error as Error; // pg rejects with nothing else
      throw error;
    } finally {
      carrier.underWay -= 1;
      if (carrier.underWay === 0) {
        if (boarding === carrier) boarding = undefined;
        client.release(carrier.fault);
      }
    }
  };
}
