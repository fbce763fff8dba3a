/**
 * The way to PostgreSQL: one pool, values parsed into the domain's own forms, transactions, and the fence.
 *
 * SQL is written out as SQL. Nearly every write is one statement of several parts (row, node, event) that must be
 * committed together and only under a valid lease; a query builder has no words for that, plain SQL has.
 */

import pg from 'pg';
import { isDatabaseOutage } from '../ports/database-outage.ts';
import type { Transaction } from '../ports/engine.ts';
import { StoreUnavailable } from '../ports/store.ts';
import { GatheringSocket } from './gathering-socket.ts';
import { joinReads } from './joint-reads.ts';

export interface Database extends Transaction {
  /** A select that takes no locks and is quick: it shares a connection with others of the same moment. */
  read<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
}

const TIMESTAMPTZ = 1184;
const INT8 = 20;

/** Timestamps as RFC 3339 UTC with microseconds; 64-bit counters as numbers (none of ours comes near 2^53). */
const parsers: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (format !== 'binary' && oid === TIMESTAMPTZ) return timestampOf;
    if (format !== 'binary' && oid === INT8) return Number;
    return pg.types.getTypeParser(oid, format);
  }) as pg.CustomTypesConfig['getTypeParser'], // pg's overloads cannot be satisfied by one function
};

/**
 * PostgreSQL's text of an instant as RFC 3339 in UTC with all six digits of its fraction: two events of one millisecond stay
 * apart, and instants sort as texts do.
 */
export function timestampOf(text: string): string {
  // As our connections ask for it; reading it as a date takes ten times as long.
  if (/^\d{4}-.*\+00$/.test(text)) {
    return `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20, -3).padEnd(6, '0')}Z`;
  }
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  return `${new Date(text).toISOString().slice(0, -1)}${fraction.padEnd(6, '0').slice(3, 6)}Z`;
}

/** As long as a worker may be silent before others call it dead. */
const LONGEST_PAUSE_IN_TRANSACTION_MS = 5_000;

/**
 * @param onError told about connections that break while idle (the pool replaces them by itself)
 */
export function openPool(url: string, size: number, onError: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: size,
    types: parsers,
    keepAlive: true,
    // A lost host must free its connections and locks in seconds, not hours; so must a process that froze in the middle of
    // a transaction, or whoever takes its run over would wait for its locks until it wakes up.
    options: `-c timezone=UTC -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c idle_in_transaction_session_timeout=${LONGEST_PAUSE_IN_TRANSACTION_MS}`,
    // What is asked without waiting for answers travels together.
    pipeline: true,
    stream: () => new GatheringSocket(),
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
  });
  pool.on('error', onError);
  pool.on('connect', (client) =>
    client.on('error', () => {
      // It broke between two statements of a transaction: the next one fails and tells. Unheard, it would end the process.
    }),
  );
  return pool;
}

/** @throws StoreUnavailable in place of the driver's many ways to say so */
async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isDatabaseOutage(error) ? new StoreUnavailable(error) : error;
  }
}

const names = new Map<string, string>();

/**
 * A statement under a name of its own: a connection parses and plans it once. All statements of the store are constants,
 * so there are only so many. They name their columns: a prepared `select *` fails once a later migration adds one.
 */
function prepared(text: string, values: readonly unknown[]): pg.QueryConfig {
  const name = names.get(text) ?? `statement-${names.size + 1}`;
  names.set(text, name);
  return { name, text, values: [...values] };
}

export function openDatabase(pool: pg.Pool): Database {
  const read = joinReads(pool);
  return {
    read: (text, values = []) => translated(async () => (await read(prepared(text, values))).rows),
    query: (text, values = []) => translated(async () => (await pool.query(prepared(text, values))).rows),
    transaction: (work) => translated(() => inTransaction(pool, work)),
  };
}

async function inTransaction<T>(pool: pg.Pool, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    // Not waited for: it goes with the first statement, and what breaks it breaks that one too.
    const begun = client.query('begin');
    begun.catch(() => {});
    const result = await work({
      query: async (text, values = []) => (await client.query(prepared(text, values))).rows,
    });
    await begun;
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      // The connection itself is gone; the server rolls back, the pool must not use it again.
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
