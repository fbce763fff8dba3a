/**
 * Logger: what the inner rooms need of a log. Fields first, then a static sentence: lines with the same sentence are
 * the same happening, and everything that varies is a field that a machine can filter. Errors go in the field `err`.
 *
 * Levels: debug = nothing had to be done; info = routine work; warn = the work itself shows a fault; error = it failed.
 */

export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A logger whose every line also carries these fields. */
  child(fields: LogFields): Logger;
}
