/**
 * What counts as an outage of the database, in the words of PostgreSQL, its driver and the system. Store and engine speak
 * to the same PostgreSQL and must agree: work that an outage interrupted is done again, anything else is a fault.
 */

/** SQLSTATE classes and codes after which the same work can succeed: connection, shutdown, resources, serialisation. */
const PASSING_SQLSTATE = /^(08|53|57P0|40001|40P01|25P0)/;
const PASSING_SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const PASSING_WORDS =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|is not queryable|Cannot use a pool after/;

/** True when the database cannot be reached or is not itself, as opposed to refusing what we asked. */
export function isDatabaseOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  const fromDatabase = 'severity' in error || 'syscall' in error || PASSING_WORDS.test(error.message);
  return fromDatabase && (PASSING_SQLSTATE.test(code) || PASSING_SYSTEM.has(code) || PASSING_WORDS.test(error.message));
}
