/**
 * Instants between text (RFC 3339) and milliseconds since the epoch. Reading a text is no clock; this is the one place of the
 * domain that may name `Date`, so that nobody asks it for the time of day.
 */

/* oxlint-disable no-restricted-globals */

/** Milliseconds since the epoch of an RFC 3339 text. */
export function instantOf(text: string): number {
  return Date.parse(text);
}

/** RFC 3339 in UTC, with milliseconds. */
export function writtenInstant(ms: number): string {
  return new Date(ms).toISOString();
}
